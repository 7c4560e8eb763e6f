"""A record as an OpenTelemetry log record."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gateway.requestlog.sinks.otlp_values import (
    attributes,
    nanoseconds,
    of_gateway,
    of_request,
    resource,
    value,
)
from gateway.requestlog.sinks.target import Record

_BODY = ("inputs", "outputs", "parameters", "request_body", "response_body")
_INFO, _WARN, _ERROR = (9, "INFO"), (13, "WARN"), (17, "ERROR")


def logs_request(records: Iterable[Record], service: str) -> dict[str, Any]:
    """Return records as the body of a request to /v1/logs."""
    scope = {"scope": {"name": "gateway.requestlog"}, "logRecords": [_log_record(each) for each in records]}
    return {"resourceLogs": [{"resource": resource(service), "scopeLogs": [scope]}]}


def _log_record(record: Record) -> dict[str, Any]:
    number, text = _severity(record)
    at = str(nanoseconds(record))
    # log.record.uid: records that share it are the same, by the conventions
    about = {"log.record.uid": record.get("id", ""), **of_request(record), **of_gateway(record)}
    found: dict[str, Any] = {
        "timeUnixNano": at,
        "observedTimeUnixNano": at,
        "severityNumber": number,
        "severityText": text,
        "eventName": "gateway.request",
        "attributes": attributes(about),
    }
    body = {name: record[name] for name in _BODY if name in record}
    if body:
        found["body"] = value(body)
    if record.get("trace_id") and record.get("span_id"):
        found |= {
            "traceId": record["trace_id"],
            "spanId": record["span_id"],
            "flags": int(bool(record.get("traced"))),
        }
    return found


def _severity(record: Record) -> tuple[int, str]:
    status = record.get("status", 0)
    if status >= 500:
        return _ERROR
    return _WARN if status >= 400 or not status else _INFO
