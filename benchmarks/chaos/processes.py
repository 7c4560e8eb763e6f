"""Rows in which processes of the gateway itself are killed, replaced or told to end."""

from __future__ import annotations

import asyncio
from time import monotonic

from benchmarks.chaos.behaviour import Behaviour
from benchmarks.chaos.client import Ask, ask_once
from benchmarks.chaos.load import Kind, Load, failed, failures, last_ms, under_way
from benchmarks.chaos.scale import Scale
from benchmarks.chaos.site import killed, site
from benchmarks.measured.row import Figure, Reached, Row

GROUP = "Processes of the gateway"
GET, POST = Ask(), Ask(b"POST")
_PLAIN = """
services: {blue: {urls: [$blue]}}
routes: [{name: late, path: /, stable: blue, weights: {blue: 100}}]
"""
_BOTH = """
services: {blue: {urls: [$blue]}, canary: {urls: [$canary]}}
routes: [{name: late, path: /, stable: blue, weights: {blue: 50, canary: 50}}]
"""


async def worker(scale: Scale) -> Reached:
    """Kill one of two workers."""
    with site(_PLAIN, {"blue": [Behaviour("blue", delay=0.01)] * 2}) as found:
        before = found.workers()
        async with Load(found.port(), ("blue",)) as load:
            load.closed(Kind(32, 1000, (GET, POST)))
            load.closed(Kind(4, 100, fresh=True))
            await asyncio.sleep(scale.seconds / 2)
            at = monotonic()
            await killed(before[0])
            gone = monotonic()
            await asyncio.sleep(max(scale.seconds, 2.0))
        after = found.workers()
    lost, out = failed(load.seen), under_way(load.seen, at, gone)
    waited = max(one.took for one in load.seen if one.began >= at)
    figures = (
        Figure("failed", len(lost), f" of {out} in flight", most=out),
        Figure("the last of them began after", last_ms(lost, gone), " ms", most=100),
        Figure("workers again", len(after), least=len(before)),
        Figure("the longest wait of those who came after", waited * 1e3, " ms", most=2000),
    )
    return Reached(len(load.seen), len(lost), figures, notes=failures(load.seen))


async def reload(scale: Scale) -> Reached:
    """Replace all workers again and again."""
    dribbling = Behaviour("canary", piece=20, pause=0.01, framing="chunked")
    with site(_BOTH, {"blue": [Behaviour("blue", delay=0.05)], "canary": [dribbling]}) as found:
        before = found.workers()
        async with Load(found.port(), ("blue", "canary")) as load:
            load.closed(Kind(16, asks=(GET, POST)))  # each asks as soon as it is answered
            load.closed(Kind(4, 40, (GET, POST), fresh=True))
            began = monotonic()
            for _ in range(scale.reloads):
                await asyncio.to_thread(found.verb, "reload")
            took = (monotonic() - began) / scale.reloads
        after = found.workers()
    lost = failed(load.seen)
    figures = (
        Figure("failed", len(lost), most=0),
        Figure("reloads", scale.reloads),
        Figure("each", took, " s"),
        Figure("workers of the first generation left", len(set(before) & set(after)), most=0),
    )
    return Reached(len(load.seen), len(lost), figures, notes=failures(load.seen))


async def drain(scale: Scale) -> Reached:
    """SIGTERM while requests wait for their answers and answers are on their way."""
    late = Behaviour("blue", delay=1.0)
    dribbling = Behaviour("canary", piece=10, pause=0.04, framing="chunked")
    with site(_BOTH, {"blue": [late], "canary": [dribbling]}) as found:
        port, versions = found.port(), frozenset(("blue", "canary"))
        asked = [asyncio.ensure_future(ask_once(port, GET, versions)) for _ in range(64)]
        await asyncio.sleep(0.5)
        under_way, at = sum(not one.done() for one in asked), monotonic()
        found.drain()
        seen = await asyncio.gather(*asked)
        assert found.process is not None
        code = await asyncio.to_thread(found.process.wait, 10)
        took = monotonic() - at
        late_comer = await ask_once(port, GET, versions)
    lost = failed(seen)
    figures = (
        Figure("failed", len(lost), f" of {under_way} in flight", most=0),
        Figure("in flight at it", under_way, least=32),
        Figure("ended after", took, " s", most=3),
        Figure("exit code", code, most=0),
        Figure("answers after the end", late_comer.status, most=0),
    )
    return Reached(len(seen), len(lost), figures, notes=failures(seen))


ROWS = (
    Row(
        "worker",
        GROUP,
        "one of two workers killed (-9)",
        "failed ≤ in flight, none that began 100 ms later",
        worker,
    ),
    Row(
        "reload",
        GROUP,
        "`gateway reload` again and again, kept connections and fresh ones",
        "0 failed",
        reload,
    ),
    Row("drain", GROUP, "SIGTERM with requests in flight", "0 failed, exit code 0", drain),
)
