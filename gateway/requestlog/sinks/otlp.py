"""A collector that speaks OTLP as JSON over HTTP: logs from every record, or spans from traced ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import orjson

from gateway.requestlog.sinks.otlp_logs import logs_request
from gateway.requestlog.sinks.otlp_traces import traces_request
from gateway.requestlog.sinks.target import MEBIBYTE, Item, Record, Rejected, unwritable
from gateway.requestlog.sinks.wire import Wire

_HEADERS = {"content-type": "application/json"}


class Otlp:
    """Posts what `form` makes of a batch; `rejected` is a partial success's count of what it threw away."""

    most_bytes = MEBIBYTE

    def __init__(
        self, wire: Wire, form: Callable[[list[Record]], dict[str, Any]], rejected: str, linger: float = 0.0
    ) -> None:
        self.linger = linger
        self._wire = wire
        self._form = form
        self._rejected = rejected

    def send(self, items: Sequence[Item]) -> Rejected | None:
        """Post the items in one request; raises SendFailed."""
        try:
            body = orjson.dumps(self._form([item.record for item in items]))
        except (TypeError, ValueError, RecursionError) as error:
            raise unwritable(error) from None
        reply = self._wire.post(body, _HEADERS)
        return _partial(reply.body, self._rejected)

    def close(self) -> None:
        """Close the connection."""
        self._wire.close()


def logs(url: str, timeout: float, service: str) -> Otlp:
    """Return the target for log records (…/v1/logs)."""
    return Otlp(Wire(url, timeout), lambda records: logs_request(records, service), "rejectedLogRecords")


def traces(url: str, timeout: float, service: str) -> Otlp:
    """Return the target for spans (…/v1/traces)."""
    return Otlp(
        Wire(url, timeout), lambda records: traces_request(records, service), "rejectedSpans", linger=1.0
    )


def _partial(body: bytes, name: str) -> Rejected | None:
    """Read what a success says was thrown away; such things must not be sent again."""
    try:
        found = orjson.loads(body)["partialSuccess"]
        count = int(found.get(name, 0))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None  # most answers are empty, and some are not JSON: both mean success
    return Rejected(count, str(found.get("errorMessage", ""))) if count > 0 else None
