"""Bodies as they may be remembered: fields where they are Open Inference JSON, nothing where in doubt."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from gateway.requestlog.columns import COLUMNS
from gateway.requestlog.content import CONTENT, content_of
from gateway.requestlog.frame import (
    ENCODED_REQUEST,
    ENCODED_RESPONSE,
    NO_BODIES,
    REQUEST_CUT,
    REQUEST_PART,
    RESPONSE_CUT,
    RESPONSE_PART,
    read_frame,
)
from tests.requestlog.frames import REQUEST, RESPONSE, frame
from tests.requestlog.logs import Open


def content(screen: Open | None = None, **changed: Any) -> tuple[dict[str, Any], list[str]]:
    """Return what is remembered of a frame's bodies, and the notes."""
    notes: list[str] = []
    found = content_of(read_frame(frame(**changed)), notes, screen or Open())
    return orjson.loads(b"{%b}" % found[1:]), notes


def test_open_inference_bodies_become_fields() -> None:
    """Inputs, outputs and parameters by name, a value for each row."""
    body = REQUEST[:-1] + b',"parameters":{"at":"2026-11-21"}}'
    assert content(request_body=body, response_body=RESPONSE) == (
        {"inputs": {"hour": [7.5]}, "parameters": {"at": "2026-11-21"}, "outputs": {"late": [0.25]}},
        [],
    )


def test_other_bodies_are_text() -> None:
    """As the filter shows them."""
    found = content(request_body=b"hello", response_body=b"\x89PNG")
    assert found == ({"request_body": "hello", "response_body": "iVBORw=="}, [])


def test_a_body_that_the_filter_takes_away_is_noted() -> None:
    """Once, though both are gone."""
    image = b"image/png"
    bodies = content(request_body=b"x", response_body=b"y", request_type=image, response_type=image)
    assert bodies == ({}, ["filtered"])


class Narrow(Open):
    """A filter that lets no field pass."""

    def fields(self, values: dict[str, list[Any]]) -> dict[str, list[Any]]:
        """Return none."""
        return {}


def test_fields_that_the_filter_takes_away_are_noted() -> None:
    """Whoever reads the log knows that there was more."""
    assert content(Narrow(), request_body=REQUEST) == ({}, ["filtered"])


@pytest.mark.parametrize(
    ("flag", "note", "gone", "left"),
    [
        (REQUEST_CUT, "request_cut", "inputs", "outputs"),
        (REQUEST_PART, "request_part", "inputs", "outputs"),
        (ENCODED_REQUEST, "request_encoded", "inputs", "outputs"),
        (RESPONSE_CUT, "response_cut", "outputs", "inputs"),
        (RESPONSE_PART, "response_part", "outputs", "inputs"),
        (ENCODED_RESPONSE, "response_encoded", "outputs", "inputs"),
    ],
)
def test_what_is_not_whole_or_not_readable_is_noted(flag: int, note: str, gone: str, left: str) -> None:
    """Nothing of it is looked at, and the other body is remembered."""
    found, notes = content(flags=flag, request_body=REQUEST, response_body=RESPONSE)
    assert gone not in found
    assert left in found
    assert notes == [note]


def test_bodies_that_are_not_logged_are_not_looked_at() -> None:
    """Should a worker have left one, it goes nowhere."""
    assert content(flags=NO_BODIES, request_body=REQUEST) == ({}, [])


class Failing(Open):
    """A filter that fails at the answer."""

    def fields(self, values: dict[str, list[Any]]) -> dict[str, list[Any]]:
        """Fail at outputs."""
        if "late" in values:
            raise KeyError("secret")
        return values


def test_a_failure_leaves_everything_out() -> None:
    """Neither the body at which it failed nor the other one, and never the raw data."""
    assert content(Failing(), request_body=REQUEST, response_body=RESPONSE) == ({}, ["filter_failed"])


def test_the_keys_of_content_are_columns() -> None:
    """They are what is taken out of a record that may not have any."""
    assert set(CONTENT) <= COLUMNS.keys()
