"""What a trial may say."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from gateway.control.tries.models import NewTry


def test_values_stay_what_they_are() -> None:
    """A model may mind whether it is 1, 1.0, true or "1"."""
    given: dict[str, bool | int | float | str] = {"a": 1, "b": 1.0, "c": True, "d": "1"}
    assert [repr(value) for value in NewTry(inputs=given).inputs.values()] == ["1", "1.0", "True", "'1'"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"inputs": []},
        {"inputs": {"a": None}},
        {"inputs": {"a": [1]}},
        {"inputs": {"a": "x" * 10_001}},
        {"inputs": {}, "user": "a\r\nx-preview: b"},
        {"inputs": {}, "user": "a b"},
        {"inputs": {}, "version": ""},
    ],
)
def test_what_could_be_no_request_is_refused(body: dict[str, Any]) -> None:
    """Above all a line end in what becomes a header."""
    with pytest.raises(ValidationError):
        NewTry.model_validate(body)
