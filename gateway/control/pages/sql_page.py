"""SQL: questions to the request log, with some to begin with."""

from __future__ import annotations

from functools import partial
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from gateway.control.pages.desk import Desk
from gateway.control.pages.page import Page

READY: Final = (
    (
        "Versions in the last five minutes",
        "SELECT version, count(*) AS n, avg((status >= 500)::INT) AS failed,\n"
        "  quantile_cont(latency_ms, 0.5) AS p50, quantile_cont(latency_ms, 0.99) AS p99\n"
        "FROM requests WHERE ts > now() - INTERVAL 5 minutes GROUP BY 1 ORDER BY n DESC",
    ),
    (
        "Requests and failures by minute",
        "SELECT date_trunc('minute', ts) AS minute, count(*) AS requests,\n"
        "  count(*) FILTER (status >= 500) AS failed\n"
        "FROM requests WHERE ts > now() - INTERVAL 1 hour GROUP BY 1 ORDER BY 1",
    ),
    (
        "p99 by version and minute",
        "SELECT date_trunc('minute', ts) AS minute, version, count(*) AS requests,\n"
        "  quantile_cont(latency_ms, 0.5) AS p50, quantile_cont(latency_ms, 0.99) AS p99\n"
        "FROM requests WHERE ts > now() - INTERVAL 1 hour GROUP BY 1, 2 ORDER BY 1, 2",
    ),
    (
        "Why requests went where they went",
        "SELECT why, version, count(*) AS n FROM requests\n"
        "WHERE ts > now() - INTERVAL 1 day GROUP BY 1, 2 ORDER BY n DESC",
    ),
    (
        "The slowest of the last hour",
        "SELECT ts, id, route, version, status, latency_ms, queue_ms, service_ms\n"
        "FROM requests WHERE ts > now() - INTERVAL 1 hour ORDER BY latency_ms DESC LIMIT 20",
    ),
    (
        "Quality by day",
        "SELECT since, route, version, n, accuracy, log_loss, auc, calibration, mae, rmse\n"
        "FROM quality ORDER BY since DESC, route, version",
    ),
    (
        "Predictions that were wrong and sure of it",
        "SELECT ts, id, version, predicted, label FROM labelled\n"
        "WHERE value IN (0, 1) AND abs(try_cast(predicted AS DOUBLE) - value) > 0.9\n"
        "ORDER BY ts DESC LIMIT 50",
    ),
    ("What the log could not take", "SELECT * FROM gaps ORDER BY since DESC LIMIT 50"),
    ("Changes of the routing", "SELECT * FROM revisions ORDER BY number DESC LIMIT 20"),
    ("All columns", "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE NOT internal"),
)
"""Queries that are always there, by name."""
MOST_TEXT: Final = 20_000


def pages(desk: Desk) -> list[Page]:
    """Return the page of queries."""
    return [Page("/sql", partial(box, desk), is_whole=True)]


async def box(desk: Desk, request: Request) -> Response:
    """Answer the page, with the query that a link brings.

    It is run at once only where the link stands on a page of the dashboard: another site's may fill in a
    query, and no more.
    """
    brought = request.query_params.get("q", "")[:MOST_TEXT]
    is_ours = request.headers.get("sec-fetch-site") == "same-origin"
    values = {"sql": brought or READY[0][1], "ready": READY, "run": bool(brought) and is_ours}
    return desk.page(request, "sql.html", values, title="SQL")
