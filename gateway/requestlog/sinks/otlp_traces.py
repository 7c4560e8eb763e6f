"""The spans of a traced request, made from its record.

    server "POST flights"            the whole of it; its parent is the client's span
      match                          until it was sent to a replica: match, split, wait for a turn
      forward                        from then to the answer's last byte
        client "POST blue"           from then to the answer's head

The traceparent that the service gets names the record's span, so that is the client span: the service's own
spans hang below it. The ids of the others are derived from it, so a repeat makes no second tree.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import Any

from gateway.requestlog.sinks.otlp_values import (
    attributes,
    error_type,
    nanoseconds,
    of_gateway,
    of_request,
    resource,
)
from gateway.requestlog.sinks.target import Record

_INTERNAL, _SERVER, _CLIENT = 1, 2, 3
_ERROR = 2
_SAMPLED, _KNOWS_REMOTE, _IS_REMOTE = 0x1, 0x100, 0x200


def is_traced(record: Record) -> bool:
    """Tell whether the record's spans are exported."""
    return bool(record.get("traced")) and bool(record.get("trace_id")) and bool(record.get("span_id"))


def traces_request(records: Iterable[Record], service: str) -> dict[str, Any]:
    """Return traced records as the body of a request to /v1/traces."""
    found = [span for record in records for span in spans(record)]
    scope = {"scope": {"name": "gateway.requestlog"}, "spans": found}
    return {"resourceSpans": [{"resource": resource(service), "scopeSpans": [scope]}]}


def spans(record: Record) -> list[dict[str, Any]]:
    """Return one request's spans, the outermost first."""
    end = nanoseconds(record)
    begin = end - _nanoseconds(record.get("latency_ms"))
    sent = min(end, begin + _nanoseconds(record.get("queue_ms")))
    answered = min(end, sent + _nanoseconds(record.get("service_ms")))
    if not record.get("attempts"):  # no service knows of it: nothing hangs below
        server = str(record["span_id"])
        return [_server(record, server, begin, end), _match(record, server, begin, end)]
    server, forward = _derived(record, "server"), _derived(record, "forward")
    return [
        _server(record, server, begin, end),
        _match(record, server, begin, sent),
        _span(record, "forward", _INTERNAL, forward, server, sent, end, {}),
        _client(record, forward, sent, answered),
    ]


def _server(record: Record, identity: str, begin: int, end: int) -> dict[str, Any]:
    name = " ".join(filter(None, (record.get("method"), record.get("route"))))
    about = {"gateway.id": record.get("id", ""), **of_request(record), **of_gateway(record)}
    found = _span(record, name, _SERVER, identity, record.get("parent_id", ""), begin, end, about)
    if record.get("parent_id"):
        found["flags"] |= _IS_REMOTE
    return _with_status(found, error_type(record))


def _match(record: Record, parent: str, begin: int, end: int) -> dict[str, Any]:
    about = {
        f"gateway.{name}": record[name] for name in ("route", "chosen", "why", "revision") if name in record
    }
    return _span(record, "match", _INTERNAL, _derived(record, "match"), parent, begin, end, about)


def _client(record: Record, parent: str, begin: int, end: int) -> dict[str, Any]:
    about = of_request(record)
    if record["attempts"] > 1:
        about["http.request.resend_count"] = record["attempts"] - 1
    if "version" in record:
        about["gateway.version"] = record["version"]
    name = " ".join(filter(None, (record.get("method"), record.get("version"))))
    found = _span(record, name, _CLIENT, str(record["span_id"]), parent, begin, end, about)
    status = record.get("status", 0)  # a client calls 4xx an error too
    return _with_status(found, error_type(record) or (str(status) if status >= 400 else ""))


def _span(
    record: Record,
    name: str,
    kind: int,
    identity: str,
    parent: str,
    begin: int,
    end: int,
    about: dict[str, Any],
) -> dict[str, Any]:
    found = {
        "traceId": record["trace_id"],
        "spanId": identity,
        "name": name or "request",
        "kind": kind,
        "startTimeUnixNano": str(begin),
        "endTimeUnixNano": str(end),
        "attributes": attributes(about),
        "flags": _SAMPLED | _KNOWS_REMOTE,
    }
    return {**found, "parentSpanId": parent} if parent else found


def _with_status(span: dict[str, Any], error: str) -> dict[str, Any]:
    return {**span, "status": {"code": _ERROR, "message": error}} if error else span


def _derived(record: Record, role: str) -> str:
    return blake2b(f"{record['trace_id']}{record['span_id']}{role}".encode(), digest_size=8).hexdigest()


def _nanoseconds(milliseconds: float | None) -> int:
    return round((milliseconds or 0.0) * 1e6)
