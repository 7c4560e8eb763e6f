"""The columns of a record, in their order: the keys of a line, the columns of a file, of the view `requests`.

Types are DuckDB's. A line leaves out what is NULL. `ts` is an integer in a line: microseconds since 1970.
"""

from __future__ import annotations

COLUMNS: dict[str, str] = {
    "id": "VARCHAR",  # x-request-id, 32 hex digits
    "ts": "TIMESTAMPTZ",  # when the answer was complete
    "method": "VARCHAR",
    "path": "VARCHAR",  # without the query
    "route": "VARCHAR",  # NULL: none matched
    "version": "VARCHAR",  # the service that answered
    "model": "VARCHAR",  # its model folder, NULL where it runs elsewhere
    "chosen": "VARCHAR",  # the service that the split chose; another than `version` after a fallback
    "why": "VARCHAR",  # weights, sticky, override, preview
    "revision": "BIGINT",
    "status": "SMALLINT",  # 0: the client left before there was one
    "outcome": "VARCHAR",  # as in gateway.monitoring.tally_layout.OUTCOMES
    "latency_ms": "DOUBLE",  # from the request's head to the answer's last byte
    "queue_ms": "DOUBLE",  # from the request's head until it was sent to a replica
    "service_ms": "DOUBLE",  # from then to the answer's head
    "attempts": "SMALLINT",
    "request_bytes": "BIGINT",
    "response_bytes": "BIGINT",
    "key": "VARCHAR",  # the sticky key, pseudonymised
    "trace_id": "VARCHAR",
    "span_id": "VARCHAR",  # of the gateway's span
    "parent_id": "VARCHAR",  # of the client's span
    "traced": "BOOLEAN",  # its spans are exported
    "inputs": "JSON",  # {name: [value of row 0, of row 1, ...]}, after the filter
    "outputs": "JSON",  # the same of the answer
    "parameters": "JSON",  # the request's Open Inference parameters, after the filter
    "request_body": "VARCHAR",  # where it is no Open Inference JSON, after the filter; binary as base64
    "response_body": "VARCHAR",
    "notes": "VARCHAR[]",  # what is missing and why: request_cut, response_cut, request_unread, filtered ...
    "worker": "SMALLINT",
    "n": "BIGINT",  # counts each worker's records, dropped ones included
}

WHYS = ("weights", "sticky", "override", "preview")
