"""Values in OTLP's JSON form, and what requests are called in OpenTelemetry's semantic conventions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.requestlog.sinks.target import Record

_LARGEST = 2**63

NAMES = {
    "method": "http.request.method",
    "path": "url.path",
    "request_bytes": "http.request.body.size",
    "response_bytes": "http.response.body.size",
}
"""Columns that the conventions have a name for; any other is `gateway.<column>`."""

OWN = (
    "route",
    "version",
    "model",
    "chosen",
    "why",
    "revision",
    "outcome",
    "latency_ms",
    "queue_ms",
    "service_ms",
    "attempts",
    "key",
    "notes",
)


def value(given: Any) -> dict[str, Any]:
    """Return a value of JSON as an AnyValue."""
    if isinstance(given, bool):
        return {"boolValue": given}
    if isinstance(given, int):
        # 64 bits are all there are; as text, because JSON's numbers are too coarse
        return {"intValue": str(given)} if -_LARGEST <= given < _LARGEST else {"stringValue": str(given)}
    if isinstance(given, float):
        return {"doubleValue": given}
    if isinstance(given, str):
        return {"stringValue": given}
    if isinstance(given, (list, tuple)):
        return {"arrayValue": {"values": [value(each) for each in given]}}
    if isinstance(given, Mapping):
        return {"kvlistValue": {"values": attributes(given)}}
    return {}  # null


def attributes(given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return named values as KeyValues."""
    return [{"key": name, "value": value(each)} for name, each in given.items()]


def of_request(record: Record) -> dict[str, Any]:
    """Return a record's attributes by their names in the conventions."""
    found: dict[str, Any] = {name: record[column] for column, name in NAMES.items() if column in record}
    if record.get("status"):  # 0: there was no answer
        found["http.response.status_code"] = record["status"]
    if error := error_type(record):
        found["error.type"] = error
    return found


def of_gateway(record: Record) -> dict[str, Any]:
    """Return the attributes that only this gateway has."""
    return {f"gateway.{column}": record[column] for column in OWN if column in record}


def error_type(record: Record) -> str:
    """Return what failed, in a word; empty where the service answered below 500."""
    if record.get("status", 0) >= 500 or record.get("outcome") == "disconnected":
        outcome = str(record.get("outcome", ""))
        return outcome if outcome != "server_error" and outcome else str(record.get("status"))
    return ""


def resource(service: str) -> dict[str, Any]:
    """Return who speaks."""
    return {"attributes": attributes({"service.name": service})}


def nanoseconds(record: Record) -> int:
    """Return when the answer was complete, since 1970."""
    return int(record.get("ts", 0)) * 1000
