"""Two CloudEvents for each record, of the types and extensions that KServe's payload logger sends.

In binary mode, as there: one request for each event, its attributes in headers. `id` is the same on both; the
answer's event is sent where its status is 200.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from gateway.requestlog.sinks.open_inference import request_of, response_of
from gateway.requestlog.sinks.target import MEBIBYTE, Item, Record, SendFailed, unwritable
from gateway.requestlog.sinks.wire import Wire

REQUEST = "org.kubeflow.serving.inference.request"
RESPONSE = "org.kubeflow.serving.inference.response"

Event = tuple[dict[str, str], bytes]
"""The headers and the body of one event's request."""


class CloudEvents:
    """Posts events one by one on one connection."""

    linger = 0.0
    most_bytes = MEBIBYTE

    def __init__(self, wire: Wire, namespace: str) -> None:
        self._wire = wire
        self._namespace = namespace

    def send(self, items: Sequence[Item]) -> None:
        """Post the items' events; raises SendFailed, which says how many items are done."""
        for number, item in enumerate(items):
            try:
                for headers, body in self._events(item.record):
                    self._wire.post(body, headers)
            except SendFailed as failure:
                raise SendFailed(
                    str(failure), refused=failure.refused, retry_after=failure.retry_after, done=number
                ) from None

    def _events(self, record: Record) -> list[Event]:
        try:
            return events(record, self._namespace)
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            raise unwritable(error) from None

    def close(self) -> None:
        """Close the connection."""
        self._wire.close()


def events(record: Record, namespace: str) -> list[Event]:
    """Return a record's events: the request's, and the answer's if there was a good one."""
    found = [_event(record, namespace, REQUEST, request_of(record))]
    if record.get("status") == 200:
        found.append(_event(record, namespace, RESPONSE, response_of(record)))
    return found


def _event(record: Record, namespace: str, kind: str, message: tuple[bytes, str]) -> Event:
    route = str(record.get("route", ""))
    at = datetime.fromtimestamp(record.get("ts", 0) / 1e6, UTC)
    attributes = {
        "specversion": "1.0",
        "id": str(record.get("id", "")),
        "type": kind,
        "source": f"/routes/{route}",
        "time": at.isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "inferenceservicename": route,
        "namespace": namespace,
        "component": "predictor",
        "endpoint": str(record.get("version", "")),
    }
    if record.get("trace_id") and record.get("span_id"):
        flags = int(bool(record.get("traced")))
        attributes["traceparent"] = f"00-{record['trace_id']}-{record['span_id']}-{flags:02x}"
    body, content_type = message
    return {f"ce-{name}": _header(each) for name, each in attributes.items()} | {
        "content-type": content_type
    }, body


def _header(text: str) -> str:
    """Escape what the HTTP binding wants escaped: `"`, `%`, spaces, what is not printable ASCII."""
    return "".join(
        chr(byte) if 0x21 <= byte <= 0x7E and byte not in b'"%' else f"%{byte:02X}" for byte in text.encode()
    )
