"""From an answer's last byte until a query tells of it: by `gateway query`, and in a running process."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from time import monotonic

from benchmarks.measured.row import Figure, Reached, Row
from benchmarks.requestlog.asking import INFER, pool
from benchmarks.requestlog.load import Answered, Clients, Wire
from benchmarks.requestlog.scale import Scale
from benchmarks.requestlog.site import ROUTE, SERVICE, Site, canned, gateway
from gateway.requestlog.lake import connect

RATE = 300.0
MOST = 2.0


def measure(scale: Scale) -> Reached:
    """Ask, and query until one's own answer is there, again and again; others ask meanwhile."""
    with tempfile.TemporaryDirectory(prefix="gateway-log-") as name, ExitStack() as stack:
        port = stack.enter_context(canned(Path(name) / "nginx"))
        site = stack.enter_context(gateway(SERVICE % port + ROUTE))
        return asyncio.run(_ask(site, scale.asks))


async def _ask(site: Site, times: int) -> Reached:
    requests = pool(INFER, 2, 2_000)
    ways: dict[str, Callable[[Site, str], bool]] = {"verb": _by_verb, "process": _in_process}
    waits: dict[str, list[float]] = {way: [] for way in ways}
    async with Clients(site.port(), requests) as load:
        load.flow(RATE)
        wire = Wire(site.port())
        for turn in range(times):
            for way, ask in ways.items():
                found = await wire.ask(requests[turn])
                waits[way].append(await asyncio.to_thread(_until, site, found, ask))
        wire.close()
    failed = sum(bool(one.failure) for one in load.answers)
    figures = (
        Figure("`gateway query` knows it after: median", median(waits["verb"]), " s"),
        Figure("worst", max(waits["verb"]), " s", most=MOST),
        Figure("a process that has DuckDB loaded: median", median(waits["process"]), " s"),
        Figure("worst", max(waits["process"]), " s", most=MOST),
    )
    return Reached(len(load.answers) + 2 * times, failed, figures)


def _until(site: Site, found: Answered, ask: Callable[[Site, str], bool]) -> float:
    if found.failure:
        raise RuntimeError(f"the request that was to be found failed: {found.failure}")
    while not ask(site, found.id):
        if monotonic() - found.ended > 10 * MOST:
            raise TimeoutError(f"no query told of an answer within {10 * MOST:g} s")
    return monotonic() - found.ended


def _by_verb(site: Site, identity: str) -> bool:
    said = site.verb("query", f"SELECT id FROM requests WHERE id = '{identity}'", "--format", "json")
    return bool(json.loads(said))


def _in_process(site: Site, identity: str) -> bool:
    with connect(site.places.log) as connection:
        return bool(connection.execute("SELECT id FROM requests WHERE id = ?", [identity]).fetchall())


ROWS = (
    Row(
        "fresh",
        "How fresh it is",
        "a new process each time: `gateway query` for one's own answer, at 300 requests a second",
        "found within 2 s of the answer's last byte",
        measure,
    ),
)
