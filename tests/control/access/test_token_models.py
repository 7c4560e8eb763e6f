"""The shapes of tokens: what is asked for is checked, and the text stands in one answer alone."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from gateway.control.access import token_models
from gateway.control.access.token_models import MadeToken, NewToken
from gateway.control.access.token_operations import TOKEN_OPERATIONS


def test_a_token_is_asked_for_by_name_and_role() -> None:
    """The rest has its usual meaning: all routes, until it is revoked."""
    found = NewToken.model_validate_json('{"name": "ci", "role": "viewer"}')
    assert (found.routes, found.seconds) == (None, None)
    assert NewToken.model_validate_json('{"name": "ci", "role": "viewer", "seconds": 60}').seconds == 60


@pytest.mark.parametrize(
    "wish",
    [
        '{"name": "two words", "role": "viewer"}',
        '{"name": "ci\\n", "role": "viewer"}',
        '{"name": "<script>", "role": "viewer"}',
        '{"name": "ci", "role": "root"}',
        '{"name": "ci", "role": "viewer", "routes": []}',
        '{"name": "ci", "role": "viewer", "seconds": 0}',
        '{"name": "ci", "role": "viewer", "seconds": -1}',
        '{"name": "ci", "role": "viewer", "seconds": 1e300}',
        '{"name": "ci", "role": "viewer", "id": "00000000"}',
    ],
)
def test_what_makes_no_sense_is_refused(wish: str) -> None:
    """Before anything is made."""
    with pytest.raises(ValidationError):
        NewToken.model_validate_json(wish)


def test_the_text_is_in_one_answer() -> None:
    """That of the operation which makes it."""
    with_text = [
        operation.name
        for operation in TOKEN_OPERATIONS
        if operation.answer is not None and "token" in operation.answer.model_fields
    ]
    assert with_text == ["createToken"]
    assert "token" in MadeToken.model_fields
    assert "digest" not in str(token_models.Tokens.model_json_schema())
