"""Single requests of the log: a search, newest first, and everything about one.

The SQL is ours and what is searched for are parameters. Two threads read at once, so that no search keeps a
rollback waiting; whoever comes when many wait already is sent away.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock, Timer
from typing import TYPE_CHECKING, Any, Final, TypeVar

from gateway.control.problems import Refusal
from gateway.control.queries.requests_asked import Search, cursor_of
from gateway.control.queries.requests_labels import truths
from gateway.requestlog.columns import COLUMNS
from gateway.requestlog.policy import LabelPolicy
from gateway.routing.places import Places
from gateway.routing.slot import published

if TYPE_CHECKING:
    from gateway.requestlog.lake import Lake

SECONDS: Final = 10.0
MEMORY: Final = "256MB"
AT_ONCE, WAITING = 2, 8
LISTED: Final = (
    "id", "ts", "method", "path", "route", "version", "why", "status", "outcome", "latency_ms", "key",
)  # fmt: skip
_JSON: Final = ("inputs", "outputs", "parameters")
_PLAIN: Final = {"ts": "epoch_us(ts)"}
"""How a column is asked for where it is not by its name: DuckDB wants another package for zones."""
Found = TypeVar("Found")


@dataclass(slots=True)
class _Desk:
    pool: ThreadPoolExecutor
    lock: Lock
    busy: int = 0


_desk = _Desk(ThreadPoolExecutor(AT_ONCE, "requests"), Lock())


async def reading(work: Callable[[], Found]) -> Found:
    """Run something that reads the log in a thread for that; raises Refusal where too many wait."""
    if _desk.busy >= AT_ONCE + WAITING:
        raise Refusal(503, "many searches of the log are under way; try again soon", {"retry-after": "2"})
    with _desk.lock:
        _desk.busy += 1
    future = _desk.pool.submit(work)
    future.add_done_callback(_leave)  # a search whose client left goes on to its end and counts until then
    return await asyncio.wrap_future(future)


def _leave(_: object) -> None:
    with _desk.lock:
        _desk.busy -= 1


def search(places: Places, asked: Search) -> dict[str, Any]:
    """Return what a search finds, and where those that follow begin."""
    where, values = asked.condition()
    sql = (
        f"SELECT {_columns(LISTED)} FROM requests WHERE {where} "  # noqa: S608 - values are parameters
        f"ORDER BY ts DESC, id DESC LIMIT {int(asked.limit) + 1}"
    )
    with _log(places) as lake:
        rows = lake.execute(sql, values).fetchall()
    shown = rows[: asked.limit]
    following = cursor_of(shown[-1][1], shown[-1][0]) if len(rows) > asked.limit else None
    return {"requests": [_told(LISTED, row) for row in shown], "next": following}


def one(places: Places, identity: str) -> dict[str, Any]:
    """Return everything about one request; raises Refusal where the log does not have it."""
    names = tuple(COLUMNS)
    with _log(places) as lake:
        row = lake.execute(
            f"SELECT {_columns(names)} FROM requests WHERE id = $id LIMIT 1",  # noqa: S608 - our own names
            {"id": identity},
        ).fetchone()
        if row is None:
            raise Refusal(
                404,
                f"the log has no request {identity[:64]}; the x-request-id of an answer is in it "
                "two seconds later, for as long as the route's `log: keep` says",
            )
        found = _told(names, row)
        labels = truths(lake, found, _labels_of(places, found["route"]))
    return {**found, "labels": [{**label, "received": iso(label["received"])} for label in labels]}


def _labels_of(places: Places, name: str | None) -> LabelPolicy | None:
    plan = published(places)
    route = plan.route(name) if plan and name else None
    return route.log.labels if route and route.log else None


@contextmanager
def _log(places: Places) -> Iterator[Lake]:
    """Open the log for a moment, and stop what takes too long."""
    import duckdb

    from gateway.requestlog.lake import connect

    with connect(places.log, memory_limit=MEMORY, threads=1, wanted="requests") as lake:
        timer = Timer(SECONDS, lake.connection.interrupt)
        timer.daemon = True
        timer.start()
        try:
            yield lake
        except (duckdb.InterruptException, duckdb.OutOfMemoryException):
            raise Refusal(
                422, f"the search took longer than {SECONDS:g} s or too much memory; say since when to look"
            ) from None
        finally:
            timer.cancel()


def _columns(names: tuple[str, ...]) -> str:
    return ", ".join(_PLAIN.get(name, name) for name in names)


def _told(names: tuple[str, ...], row: tuple[Any, ...]) -> dict[str, Any]:
    """Return a row as JSON has it."""
    found = dict(zip(names, row, strict=True))
    found["at"] = iso(found.pop("ts"))
    for name in _JSON:
        if found.get(name) is not None:
            found[name] = json.loads(found[name])
    if "notes" in found:
        found["notes"] = found["notes"] or []
    return found


def iso(micros: int | None) -> str | None:
    """Return a time in microseconds since 1970 in ISO 8601."""
    if micros is None:
        return None
    seconds, rest = divmod(micros, 1_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:06d}Z"
