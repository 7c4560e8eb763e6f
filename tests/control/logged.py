"""A small log for what reads single requests: markup wherever a client or a model can put it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
from starlette.applications import Starlette
from starlette.routing import Route

from gateway.control.problems import ANSWERED, answer
from tests.requestlog import lake_log

if TYPE_CHECKING:
    from gateway.routing.places import Places

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
BEGIN = lake_log.BEGIN
"""2025-11-21, midnight UTC, in microseconds: of record 0; each is a second later than the one before."""


def record(number: int, **given: Any) -> dict[str, Any]:
    """Return a record as the recorder writes it."""
    usual = {"chosen": "blue", "why": "weights", "queue_ms": 0.25, "service_ms": 1.0, "attempts": 1}
    return lake_log.record(number, **{**usual, **given})


def evil(number: int) -> dict[str, Any]:
    """Return a record in which every text that somebody else chooses is markup."""
    return record(
        number,
        path=f"/{EVIL}",
        version=EVIL,
        chosen=EVIL,
        model=EVIL,
        key=EVIL,
        method=EVIL,
        trace_id=EVIL,
        span_id=EVIL,
        parent_id=EVIL,
        inputs={EVIL: [EVIL], "nested": [{EVIL: EVIL}]},
        outputs={EVIL: [EVIL]},
        parameters={EVIL: EVIL},
        request_body=EVIL,
        response_body=EVIL,
        notes=[EVIL],
    )


def write(places: Places, *records: dict[str, Any]) -> None:
    """Write records, twenty usual ones where none are given."""
    lake_log.segment(places.log, 0, records or [record(number) for number in range(20)])


def label(places: Places, *labels: dict[str, Any]) -> None:
    """Write labels as whoever receives them does."""
    places.log.labels.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps({"row": 0, "received": BEGIN, **one}) + "\n" for one in labels]
    (places.log.labels / "2025-11-21T00.ndjson").write_text("".join(lines))


async def asked(
    routes: list[Route], path: str, body: object = None, headers: dict[str, str] | None = None
) -> httpx.Response:
    """Ask one of the routes, with a body by POST."""
    app = Starlette(routes=routes, exception_handlers=dict.fromkeys(ANSWERED[:-1], answer))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://localhost") as one:
        if body is None:
            return await one.get(path, headers=headers)
        return await one.post(path, json=body, headers=headers)
