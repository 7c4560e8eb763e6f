"""From a frame to a record: what a worker left in memory becomes what is remembered, and no more.

Fails closed: whatever goes wrong while a text or body is read or filtered leaves that content out and a note
in its place; the record itself is never lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from gateway.requestlog.columns import WHYS
from gateway.requestlog.content import CONTENT, FAILED, Screening, add_content
from gateway.requestlog.frame import TRACED, Frame

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
_NONE16, _NONE8 = bytes(16), bytes(8)


@dataclass(frozen=True, slots=True)
class Rule:
    """How one route's frames become records; `path` is the route's, `screen` its filter."""

    path: str
    screen: Screening


def record_of(frame: Frame, rule: Rule, model: str, worker: int) -> dict[str, Any]:
    """Return a frame as a record, its keys those of `COLUMNS`; what is NULL is left out.

    `model` is the model folder of the frame's version, empty where it runs elsewhere.
    """
    record: dict[str, Any] = {"id": frame.id.hex(), "ts": frame.ended}
    notes: list[str] = []
    record["method"] = _text(frame.method)
    _add_filtered_texts(record, notes, frame, rule)
    _add_decision(record, frame, model)
    _add_numbers(record, frame)
    _add_trace(record, frame)
    if frame.request_body or frame.response_body or frame.flags:
        add_content(record, notes, frame, rule.screen)
    if notes:
        record["notes"] = notes
    record["worker"] = worker
    record["n"] = frame.n
    return record


def without_content(record: dict[str, Any], note: str) -> dict[str, Any]:
    """Return a record without what users sent and were answered, nor their path and key; `note` says why."""
    left_out = (*CONTENT, "path", "key")
    kept = {name: value for name, value in record.items() if name not in left_out}
    kept["notes"] = [*(word for word in record.get("notes", ()) if word != note), note]
    return kept


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "backslashreplace")


def _add_filtered_texts(record: dict[str, Any], notes: list[str], frame: Frame, rule: Rule) -> None:
    try:
        record["path"] = rule.screen.path(_text(frame.path), rule.path)
        if frame.key:
            record["key"] = rule.screen.key(frame.key)
    except Exception:  # nothing of a text that could not be filtered may pass, whatever was the matter
        notes.append(FAILED)


def _add_decision(record: dict[str, Any], frame: Frame, model: str) -> None:
    if frame.route:
        record["route"] = _text(frame.route)
    if frame.version:
        record["version"] = _text(frame.version)
        if model:
            record["model"] = model
    if frame.chosen:
        record["chosen"] = _text(frame.chosen)
        if frame.why < len(WHYS):
            record["why"] = WHYS[frame.why]
    record["revision"] = frame.revision
    record["status"] = frame.status
    if frame.outcome < len(OUTCOMES):
        record["outcome"] = OUTCOMES[frame.outcome]


def _add_numbers(record: dict[str, Any], frame: Frame) -> None:
    record["latency_ms"] = frame.latency / 1000
    if frame.attempts:  # else nobody was asked, and the time until then is none
        record["queue_ms"] = frame.queue / 1000
        if frame.service:
            record["service_ms"] = frame.service / 1000
    record["attempts"] = frame.attempts
    record["request_bytes"] = frame.request_bytes
    record["response_bytes"] = frame.response_bytes


def _add_trace(record: dict[str, Any], frame: Frame) -> None:
    if frame.trace != _NONE16:
        record["trace_id"] = frame.trace.hex()
    if frame.span != _NONE8:
        record["span_id"] = frame.span.hex()
    if frame.parent != _NONE8:
        record["parent_id"] = frame.parent.hex()
    if frame.flags & TRACED:
        record["traced"] = True
