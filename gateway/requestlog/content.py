"""What users sent and were answered, as it may be remembered: fields of Open Inference JSON, else text.

Fails closed: where anything goes wrong, nothing of it is kept and a note says so.
"""

from __future__ import annotations

from typing import Any, Final, Protocol

import orjson

from gateway.requestlog.frame import (
    ENCODED_REQUEST,
    ENCODED_RESPONSE,
    NO_BODIES,
    REQUEST_CUT,
    REQUEST_PART,
    RESPONSE_CUT,
    RESPONSE_PART,
    Frame,
)
from gateway.requestlog.looks import Looks
from gateway.requestlog.tensors import values_in

FAILED: Final = "filter_failed"
"""The note of a record whose content could not be read or filtered, so none of it is here."""
FILTERED: Final = "filtered"
"""The note of a record of which the filter took something away."""
CONTENT: Final = ("inputs", "outputs", "parameters", "request_body", "response_body")
"""The keys of a record that hold what users sent and were answered."""

_REQUEST: Final = (b"inputs", b"request_body")
_RESPONSE: Final = (b"outputs", b"response_body")
_REQUEST_NOTES = (
    (REQUEST_CUT, "request_cut"),
    (REQUEST_PART, "request_part"),
    (ENCODED_REQUEST, "request_encoded"),
)
_RESPONSE_NOTES = (
    (RESPONSE_CUT, "response_cut"),
    (RESPONSE_PART, "response_part"),
    (ENCODED_RESPONSE, "response_encoded"),
)
_REQUEST_FLAGS: Final = REQUEST_CUT | REQUEST_PART | ENCODED_REQUEST
_RESPONSE_FLAGS: Final = RESPONSE_CUT | RESPONSE_PART | ENCODED_RESPONSE


class Screening(Protocol):
    """What a route's filter does, see gateway.requestlog.filter."""

    @property
    def trouble(self) -> str:
        """Why content is left out that should be there; empty: none is."""
        ...

    def fields(self, values: dict[str, list[Any]]) -> dict[str, list[Any]]:
        """Return what may be remembered of inputs or outputs."""
        ...

    def parameters(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Return what may be remembered of a request's parameters."""
        ...

    def path(self, path: str, route_path: str) -> str:
        """Return what may be remembered of a path."""
        ...

    def key(self, raw: bytes) -> str:
        """Return the pseudonym of a sticky key."""
        ...

    def body(self, raw: bytes, content_type: bytes) -> str | None:
        """Return what may be remembered of a body that is no Open Inference JSON; None: nothing."""
        ...


def content_of(
    frame: Frame, notes: list[str], screen: Screening, asked: Looks | None = None, told: Looks | None = None
) -> bytes:
    """Return the content of a frame as members of a JSON object, a comma before each; nothing: none.

    Adds to `notes` what is missing and why. `asked` and `told` are the looks of the route's requests and
    answers.
    """
    flags = frame.flags
    if flags & _REQUEST_FLAGS:
        notes += [note for flag, note in _REQUEST_NOTES if flags & flag]
    if flags & _RESPONSE_FLAGS:
        notes += [note for flag, note in _RESPONSE_NOTES if flags & flag]
    if flags & NO_BODIES:
        return b""
    found = b""
    try:
        if frame.request_body and not flags & _REQUEST_FLAGS:
            found = _side_of(_REQUEST, frame.request_body, frame.request_type, notes, screen, asked)
        if frame.response_body and not flags & _RESPONSE_FLAGS:
            found += _side_of(_RESPONSE, frame.response_body, frame.response_type, notes, screen, told)
    except Exception:  # fails closed, also where JSON cannot hold something: neither the one nor the other
        note(notes, FAILED)
        return b""
    return found


def _side_of(
    side: tuple[bytes, bytes],
    body: bytes,
    content_type: bytes,
    notes: list[str],
    screen: Screening,
    looks: Looks | None,
) -> bytes:
    """Return what is remembered of a request or of an answer; raises what a filter raises."""
    seen = looks.seen(body) if looks is not None else None
    if seen is not None:
        shown, is_all = seen
        if not is_all:
            note(notes, FILTERED)
        return _member(side[0], shown) if shown else b""
    found = values_in(body)
    if found is None:
        text = screen.body(body, content_type)
        if text is None:
            note(notes, FILTERED)
            return b""
        return _member(side[1], orjson.dumps(text))
    values, parameters = found
    kept = screen.fields(values)
    members = _fields(side[0], kept, len(values), notes)
    if parameters and side is _REQUEST:
        members += _fields(b"parameters", screen.parameters(parameters), len(parameters), notes)
    elif looks is not None:
        looks.learn(body, values, kept)
    return members


def _fields(name: bytes, kept: dict[str, Any], before: int, notes: list[str]) -> bytes:
    if len(kept) < before:
        note(notes, FILTERED)
    return _member(name, orjson.dumps(kept)) if kept else b""


def _member(name: bytes, value: bytes) -> bytes:
    return b',"%b":%b' % (name, value)


def note(notes: list[str], word: str) -> None:
    """Add a note, once."""
    if word not in notes:
        notes.append(word)
