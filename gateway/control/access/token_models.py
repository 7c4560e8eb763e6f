"""The shapes of tokens in the admin API: none of them but the answer that makes one has its text."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gateway.control.access.roles import Role
from gateway.control.access.tokens import LONGEST, NAME, PERSON
from gateway.control.models import Answer, Strict


class NewToken(Strict):
    """A token to make: its `routes` are the only ones it may touch (null: all), `seconds` its life."""

    name: Annotated[str, Field(pattern=NAME, description="Who or what will use it; stands in the history")]
    role: Role
    routes: Annotated[list[str], Field(min_length=1)] | None = None
    seconds: Annotated[float, Field(gt=0, le=LONGEST, description="Null: until it is revoked")] | None = None


class TokenState(Answer):
    """A token without its secret; times are ISO 8601, `expires` null: never, `last_used` to the minute.

    `made_with` is the id of the token that it was made with; it ends with that one.
    """

    id: str
    name: str
    role: Role
    routes: list[str] | None
    created: str
    created_by: str
    made_with: str | None
    expires: str | None
    revoked: str | None
    last_used: str | None
    in_force: bool


class OtherToken(Answer):
    """A token that ended with another one."""

    id: str
    name: str


class RevokedToken(TokenState):
    """A token that was ended, and those made with it, directly or not, that ended with it."""

    also_revoked: list[OtherToken]


class Person(Strict):
    """Somebody who logs in at the identity provider, as history and audit trail name them."""

    person: Annotated[str, Field(pattern=PERSON, description="Such as user:ann@example.org")]


class RevokedPerson(Answer):
    """How many sessions of a person were ended, and the tokens that were in force until now."""

    person: str
    sessions: int
    also_revoked: list[OtherToken]


class Tokens(Answer):
    """All tokens, the newest first; those that ended are listed for 90 days more."""

    tokens: list[TokenState]


class MadeToken(TokenState):
    """A new token with its text, which is told this once."""

    token: str
