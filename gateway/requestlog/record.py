"""From a frame to a record: what a worker left in memory becomes what is remembered, and no more.

Fails closed: whatever goes wrong while a text or body is read or filtered leaves that content out and a note
in its place; the record itself is never lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from gateway.requestlog.columns import WHYS
from gateway.requestlog.content import CONTENT, FAILED, Screening, add_content
from gateway.requestlog.frame import TRACED, Frame
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
_NONE16, _NONE8 = bytes(16), bytes(8)


@dataclass(frozen=True, slots=True)
class Rule:
    """How one route's frames become records; `path` is the route's, `screen` its filter.

    `asked` and `told` are the looks of its requests and answers, None: each body is read at length.
    """

    path: str
    screen: Screening
    asked: Looks | None = None
    told: Looks | None = None


def record_of(frame: Frame, rule: Rule, model: str, worker: int) -> dict[str, Any]:
    """Return a frame as a record, its keys those of `COLUMNS`; what is NULL is left out.

    `model` is the model folder of the frame's version, empty where it runs elsewhere.
    """
    (
        flags, n, ended, request_bytes, response_bytes, identity, trace, span, parent,
        latency, queue, service, revision, status, outcome, why, attempts, method, path, route,
        version, chosen, key, _, _, request_body, response_body,
    ) = frame  # fmt: skip
    record: dict[str, Any] = {"id": identity.hex(), "ts": ended}
    notes: list[str] = []
    if method:
        record["method"] = METHODS.get(method, OTHER)
    _add_filtered_texts(record, notes, rule, path, key)
    _add_decision(record, route, version, model, chosen, why)
    record["revision"] = revision
    record["status"] = status
    if outcome < len(OUTCOMES):
        record["outcome"] = OUTCOMES[outcome]
    _add_times(record, latency, attempts, queue, service)
    record["request_bytes"] = request_bytes
    record["response_bytes"] = response_bytes
    _add_trace(record, trace, span, parent, flags)
    if flags or request_body or response_body:
        add_content(record, notes, frame, rule.screen, rule.asked, rule.told)
    if notes:
        record["notes"] = notes
    record["worker"] = worker
    record["n"] = n
    return record


def without_content(record: dict[str, Any], note: str) -> dict[str, Any]:
    """Return a record without what users sent and were answered, nor their path and key; `note` says why."""
    left_out = (*CONTENT, "path", "key")
    kept = {name: value for name, value in record.items() if name not in left_out}
    kept["notes"] = [*(word for word in record.get("notes", ()) if word != note), note]
    return kept


def _add_filtered_texts(
    record: dict[str, Any], notes: list[str], rule: Rule, path: bytes, key: bytes
) -> None:
    try:
        if shown := rule.screen.path(path.decode("utf-8", "backslashreplace"), rule.path):
            record["path"] = shown
        if key:
            record["key"] = rule.screen.key(key)
    except Exception:  # nothing of a text that could not be filtered may pass, whatever was the matter
        notes.append(FAILED)


def _add_decision(
    record: dict[str, Any], route: bytes, version: bytes, model: str, chosen: bytes, why: int
) -> None:
    if route:
        record["route"] = _name(route)
    if version:
        record["version"] = _name(version)
        if model:
            record["model"] = model
    if chosen:
        record["chosen"] = _name(chosen)
        if why < len(WHYS):
            record["why"] = WHYS[why]


def _add_times(record: dict[str, Any], latency: int, attempts: int, queue: int, service: int) -> None:
    record["latency_ms"] = latency / 1000
    if attempts:  # else nobody was asked, and the time until then is none
        record["queue_ms"] = queue / 1000
        if service:
            record["service_ms"] = service / 1000
    record["attempts"] = attempts


@lru_cache(1024)
def _name(raw: bytes) -> str:
    """Return a name from routing.yaml, of which there are few."""
    return raw.decode("utf-8", "backslashreplace")


def _add_trace(record: dict[str, Any], trace: bytes, span: bytes, parent: bytes, flags: int) -> None:
    if trace != _NONE16:
        record["trace_id"] = trace.hex()
    if span != _NONE8:
        record["span_id"] = span.hex()
    if parent != _NONE8:
        record["parent_id"] = parent.hex()
    if flags & TRACED:
        record["traced"] = True
