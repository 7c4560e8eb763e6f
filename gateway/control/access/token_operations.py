"""The operations on tokens, for the description of the admin API."""

from __future__ import annotations

from gateway.control.access import token_models
from gateway.control.operation import Operation

TOKENS = "/api/v1/tokens"
ONE_TOKEN = TOKENS + "/{token}"
PERSON = "/api/v1/people/revoke"

TOKEN_OPERATIONS = (
    Operation(
        "get",
        TOKENS,
        "tokens",
        "Who may use the admin side, without the secrets",
        token_models.Tokens,
        refusals=(421, 503),
        role="admin",
        is_whole=True,
    ),
    Operation(
        "post",
        TOKENS,
        "createToken",
        "Make a token, which is told this once; it cannot have more than its maker",
        token_models.MadeToken,
        token_models.NewToken,
        body_required=True,
        refusals=(400, 403, 413, 415, 421, 422, 503),
        role="admin",
    ),
    Operation(
        "delete",
        ONE_TOKEN,
        "revokeToken",
        "End a token, those made with it, and their sessions, from the next request on",
        token_models.RevokedToken,
        refusals=(403, 404, 421, 503),
        role="admin",
    ),
    Operation(
        "post",
        PERSON,
        "revokePerson",
        "End a person's sessions of the identity provider, the tokens they made, and those made with these",
        token_models.RevokedPerson,
        token_models.Person,
        body_required=True,
        refusals=(400, 403, 413, 415, 421, 503),
        role="admin",
    ),
)
