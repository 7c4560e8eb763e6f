"""From a frame to a record: what a worker left in memory becomes what is remembered, and no more.

Fails closed: whatever goes wrong while a text or body is read or filtered leaves that content out and a note
in its place; the record itself is never lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import orjson

from gateway.requestlog.columns import WHYS
from gateway.requestlog.content import FAILED, Screening, content_of, note
from gateway.requestlog.frame import NO_ID, NO_SPAN, TRACED, Frame, Shared
from gateway.requestlog.looks import Looks

OUTCOMES: Final = (
    "ok",
    "client_error",
    "server_error",
    "refused",
    "unavailable",
    "bad_gateway",
    "timeout",
    "disconnected",
    "fallback",
)
"""Those of gateway.monitoring.tally_layout, which lies above this room."""
METHODS: Final = {
    name.encode(): name
    for name in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE")
}
OTHER: Final = "OTHER"
"""Stands for any other method: it is a text that a client chose, and no filter looks at it."""
_NUMBERS: Final = (
    b'{"id":"%b","ts":%d,"worker":%d,"n":%d,"attempts":%d,"request_bytes":%d,"response_bytes":%d,'
    b'"latency_ms":%d.%b'
)
_QUEUE: Final = b',"queue_ms":%d.%b'
_QUEUE_AND_SERVICE: Final = b',"queue_ms":%d.%b,"service_ms":%d.%b'
_DECIMALS: Final = [b"%03d" % number for number in range(1000)]


@dataclass(frozen=True, slots=True)
class Rule:
    """How one route's frames become records; `path` is the route's, `screen` its filter.

    `asked` and `told` are the looks of its requests and answers, None: each body is read at length.
    """

    path: str
    screen: Screening
    asked: Looks | None = None
    told: Looks | None = None


@dataclass(frozen=True, slots=True)
class Common:
    """What the records of one path, version and outcome have in common, worked out once.

    `fields` are its part of the record and `json` the same as the end of a line; `notes` say what is left out
    of it. `rule` is that of its route; `route` and `version` are as they came.
    """

    rule: Rule
    route: bytes
    version: bytes
    fields: dict[str, Any]
    notes: tuple[str, ...]
    json: bytes


def common_of(shared: Shared, rule: Rule, model: str) -> Common:
    """Return what such frames have in common.

    `model` is the model folder of their version, empty where it runs elsewhere.
    """
    fields: dict[str, Any] = {}
    notes: list[str] = []
    if shared.method:
        fields["method"] = METHODS.get(shared.method, OTHER)
    try:
        if shown := rule.screen.path(_text(shared.path), rule.path):
            fields["path"] = shown
    except Exception:  # nothing of a text that could not be filtered may pass, whatever was the matter
        notes.append(FAILED)
    if shared.route:
        fields["route"] = _text(shared.route)
    _add_decision(fields, shared, model)
    fields["revision"] = shared.revision
    fields["status"] = shared.status
    if shared.outcome < len(OUTCOMES):
        fields["outcome"] = OUTCOMES[shared.outcome]
    try:
        json = orjson.dumps(fields, option=orjson.OPT_APPEND_NEWLINE)
    except TypeError:  # a filter may show a text that JSON cannot hold
        del fields["path"]
        notes.append(FAILED)
        json = orjson.dumps(fields, option=orjson.OPT_APPEND_NEWLINE)
    return Common(rule, shared.route, shared.version, fields, tuple(notes), b"," + json[1:])


def _add_decision(fields: dict[str, Any], shared: Shared, model: str) -> None:
    if shared.version:
        fields["version"] = _text(shared.version)
        if model:
            fields["model"] = model
    if shared.chosen:
        fields["chosen"] = _text(shared.chosen)
        if shared.why < len(WHYS):
            fields["why"] = WHYS[shared.why]


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "backslashreplace")


def line_of(frame: Frame, common: Common, worker: int) -> bytes:
    """Return a frame as a line of a segment, a JSON object with keys of `COLUMNS`; NULL is left out.

    Numbers and ids are written in their places: to build an object first, and have that written, takes twice
    as long. What JSON cannot hold is left out, and noted.
    """
    numbers = _NUMBERS % (
        frame.id, frame.ended, worker, frame.n, frame.attempts,
        frame.request_bytes, frame.response_bytes, frame.latency // 1000, _DECIMALS[frame.latency % 1000],
    )  # fmt: skip
    return b"".join((numbers, _times(frame), _trace(frame), _texts(frame, common), common.json))


def _times(frame: Frame) -> bytes:
    if not frame.attempts:  # nobody was asked, and the time until then is none
        return b""
    queue, service = frame.queue, frame.service
    if not service:
        return _QUEUE % (queue // 1000, _DECIMALS[queue % 1000])
    return _QUEUE_AND_SERVICE % (
        queue // 1000, _DECIMALS[queue % 1000], service // 1000, _DECIMALS[service % 1000],
    )  # fmt: skip


def _trace(frame: Frame) -> bytes:
    found = b""
    if frame.trace != NO_ID:
        found = b',"trace_id":"%b"' % frame.trace
    if frame.span != NO_SPAN:
        found += b',"span_id":"%b"' % frame.span
    if frame.parent != NO_SPAN:
        found += b',"parent_id":"%b"' % frame.parent
    return found + b',"traced":true' if frame.flags & TRACED else found


def _texts(frame: Frame, common: Common) -> bytes:
    """What users sent and were answered, their key, and what is left out."""
    found = b""
    rule = common.rule
    notes = list(common.notes)
    if frame.key:
        try:
            found = b',"key":' + orjson.dumps(rule.screen.key(frame.key))
        except Exception:  # nothing of a text that could not be filtered may pass, whatever was the matter
            note(notes, FAILED)
    if frame.flags or frame.request_body or frame.response_body:
        found += content_of(frame, notes, rule.screen, rule.asked, rule.told)
    if notes:
        found += b',"notes":' + orjson.dumps(notes)
    return found
