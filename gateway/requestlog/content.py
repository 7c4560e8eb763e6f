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
from gateway.requestlog.looks import Looks, Seen
from gateway.requestlog.tensors import values_in

FAILED: Final = "filter_failed"
"""The note of a record whose content could not be read or filtered, so none of it is here."""
FILTERED: Final = "filtered"
"""The note of a record of which the filter took something away."""
CONTENT: Final = ("inputs", "outputs", "parameters", "request_body", "response_body")
"""The keys of a record that hold what users sent and were answered."""

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
_REQUEST_FLAGS = REQUEST_CUT | REQUEST_PART | ENCODED_REQUEST
_RESPONSE_FLAGS = RESPONSE_CUT | RESPONSE_PART | ENCODED_RESPONSE


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


def add_content(
    record: dict[str, Any],
    notes: list[str],
    frame: Frame,
    screen: Screening,
    asked: Looks | None = None,
    told: Looks | None = None,
) -> None:
    """Add the content of a frame to its record, and to `notes` what is missing and why.

    `asked` and `told` are the looks of the route's requests and answers.
    """
    flags = frame.flags
    if flags & _REQUEST_FLAGS:
        notes += [note for flag, note in _REQUEST_NOTES if flags & flag]
    if flags & _RESPONSE_FLAGS:
        notes += [note for flag, note in _RESPONSE_NOTES if flags & flag]
    if flags & NO_BODIES:
        return
    content: dict[str, Any] = {}
    try:
        if frame.request_body and not flags & _REQUEST_FLAGS:
            _add_request(content, notes, frame, screen, asked)
        if frame.response_body and not flags & _RESPONSE_FLAGS:
            _add_response(content, notes, frame, screen, told)
    except Exception:  # fails closed: neither the one body nor the other
        notes.append(FAILED)
        return
    record.update(content)


def _add_request(
    content: dict[str, Any], notes: list[str], frame: Frame, screen: Screening, looks: Looks | None
) -> None:
    body = frame.request_body
    seen = looks.seen(body) if looks is not None else None
    if seen is not None:
        _add_seen(content, notes, "inputs", seen)
        return
    found = values_in(body)
    if found is None:
        _add_body(content, notes, "request_body", screen.body(body, frame.request_type))
        return
    values, parameters = found
    kept = screen.fields(values)
    _add_fields(content, notes, "inputs", kept, len(values))
    if parameters:
        _add_fields(content, notes, "parameters", screen.parameters(parameters), len(parameters))
    elif looks is not None:
        looks.learn(body, values, kept)


def _add_response(
    content: dict[str, Any], notes: list[str], frame: Frame, screen: Screening, looks: Looks | None
) -> None:
    body = frame.response_body
    seen = looks.seen(body) if looks is not None else None
    if seen is not None:
        _add_seen(content, notes, "outputs", seen)
        return
    found = values_in(body)
    if found is None:
        _add_body(content, notes, "response_body", screen.body(body, frame.response_type))
        return
    kept = screen.fields(found[0])
    _add_fields(content, notes, "outputs", kept, len(found[0]))
    if looks is not None:
        looks.learn(body, found[0], kept)


def _add_seen(content: dict[str, Any], notes: list[str], name: str, seen: Seen) -> None:
    fields, is_all = seen
    if fields:
        content[name] = orjson.Fragment(fields)
    if not is_all and FILTERED not in notes:
        notes.append(FILTERED)


def _add_fields(
    content: dict[str, Any], notes: list[str], name: str, kept: dict[str, Any], before: int
) -> None:
    if kept:
        content[name] = kept
    if len(kept) < before and FILTERED not in notes:
        notes.append(FILTERED)


def _add_body(content: dict[str, Any], notes: list[str], name: str, kept: str | None) -> None:
    if kept is not None:
        content[name] = kept
    elif FILTERED not in notes:
        notes.append(FILTERED)
