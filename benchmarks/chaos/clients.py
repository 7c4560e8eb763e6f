"""Rows in which clients are the trouble: slow to send, silent in their thousands, slow to read."""

from __future__ import annotations

import asyncio
from itertools import count

from benchmarks.chaos.behaviour import Behaviour
from benchmarks.chaos.client import Ask, ask_once
from benchmarks.chaos.control import bound_ms, control
from benchmarks.chaos.crowds import crowd
from benchmarks.chaos.highest import Highest
from benchmarks.chaos.load import calm, failed, failures, p99_ms
from benchmarks.chaos.scale import Scale
from benchmarks.chaos.site import site
from benchmarks.chaos.tls import CONNECTIONS, ROUTING, secured
from benchmarks.measured.row import Figure, Reached, Row

GROUP = "Clients"
_PATIENT = """
limits: {head_timeout: 4s}
services: {blue: {urls: [$blue]}}
routes: [{name: late, path: /, stable: blue, weights: {blue: 100}}]
"""
_HEAD_TIMEOUT = 4.0
_DOWNLOAD = 100 * 1024 * 1024
_MB = 1024 * 1024
_PER_READER = 2.0
_SLACK = 50
"""Files that workers open for other things meanwhile."""


async def slowloris(scale: Scale) -> Reached:
    """Heads that dribble in and never end, while good requests run."""
    with site(_PATIENT, {"blue": [Behaviour("blue")]}) as found:
        port = found.port()
        before = p99_ms(await calm(port, ("blue",), scale.seconds))
        with crowd(port, scale.slow_heads, "dribbling") as slow:
            await slow.gathered()
            async with control() as direct:
                seen = await calm(port, ("blue",), _HEAD_TIMEOUT + 2)
            told = (await slow.leave())["told"]
    figures = (
        Figure("good requests failed", len(failed(seen)), most=0),
        Figure("their p99", p99_ms(seen), " ms", most=bound_ms(2 * before + 10, direct)),
        Figure("and without", before, " ms"),
        Figure("told 408", told, f" of {scale.slow_heads:,}", least=scale.slow_heads),
    )
    return Reached(len(seen), len(failed(seen)), figures, notes=failures(seen))


async def idle(scale: Scale) -> Reached:
    """Connections that are opened and say nothing."""
    with site(_PATIENT, {"blue": [Behaviour("blue")]}) as found:
        port = found.port()
        before, memory = p99_ms(await calm(port, ("blue",), scale.seconds)), found.memory()
        with crowd(port, scale.idle, "silent") as silent:
            await silent.gathered()
            async with control() as direct:
                seen = await calm(port, ("blue",), scale.seconds)
            crowded = found.memory()
            closed = (await silent.leave())["closed"]
    figures = (
        Figure("good requests failed", len(failed(seen)), most=0),
        Figure("their p99", p99_ms(seen), " ms", most=bound_ms(2 * before + 10, direct)),
        Figure("and without", before, " ms"),
        Figure("made room for them", closed, f" of {scale.idle:,}", most=100),
        Figure("memory of each", (crowded - memory) / scale.idle / 1024, " KiB", most=20),
    )
    return Reached(len(seen), len(failed(seen)), figures, notes=failures(seen))


async def handshakes(scale: Scale) -> Reached:
    """Connections to the TLS listener that never begin their handshake, more than connections are allowed."""
    with secured() as made, site(ROUTING, {"blue": [Behaviour("blue")]}, made.folder) as found:
        port = found.port("tls")
        before, files = found.memory(), found.files()
        with crowd(port, scale.slow_heads, "silent") as silent:
            async with Highest(found.files) as held, Highest(found.memory) as crowded:
                await silent.gathered()
                seen = await calm(found.port(), ("blue",), 1)
                seen += await calm(port, ("blue",), _HEAD_TIMEOUT + 1, made.trusting)
            closed = (await silent.leave())["closed"]
    held_at_once = held.value - files
    figures = (
        Figure("good requests failed", len(failed(seen)), most=0),
        Figure("held open at once", held_at_once, f" of {scale.slow_heads:,}", most=CONNECTIONS + _SLACK),
        Figure("closed after the head time-out", closed, least=scale.slow_heads),
        Figure(
            "memory of each held", (crowded.value - before) / max(held_at_once, 1) / 1024, " KiB", most=100
        ),
    )
    return Reached(len(seen), len(failed(seen)), figures, notes=failures(seen))


async def download(scale: Scale) -> Reached:
    """Clients that read 100 MB answers at some 600 KB/s each."""
    with site(_PATIENT, {"blue": [Behaviour("blue", size=_DOWNLOAD)]}) as found:
        whole = await ask_once(found.port(), Ask(), frozenset(("blue",)))
        before = found.memory()
        async with Highest(found.memory) as most:
            readers = [asyncio.ensure_future(_read_slowly(found.port())) for _ in range(scale.readers)]
            await asyncio.sleep(scale.seconds)
        for reader in readers:
            reader.cancel()
        cut = sum(
            isinstance(one, Exception) for one in await asyncio.gather(*readers, return_exceptions=True)
        )
    bound = _PER_READER * scale.readers
    figures = (
        Figure("memory of all workers grew by", (most.value - before) / _MB, " MB", most=bound),
        Figure("readers", scale.readers),
        Figure("cut off", cut, most=0),
        Figure("a fast reader's 100 MB whole", float(not whole.failure), least=1),
    )
    return Reached(scale.readers + 1, cut + bool(whole.failure), figures, notes=failures([whole]))


async def _read_slowly(port: int) -> None:
    """Ask, and read a little now and then until cancelled; raises where the answer ends before."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=16 * 1024)
    try:
        writer.write(b"GET / HTTP/1.1\r\nhost: localhost\r\nx-token: slow\r\n\r\n")
        for turn in count():
            if not await reader.read(64 * 1024):
                raise ConnectionError(f"the answer ended after {turn} reads")
            await asyncio.sleep(0.1)
    finally:
        writer.transport.abort()


ROWS = (
    Row(
        "slowloris",
        GROUP,
        "heads that dribble in by the thousand and never end",
        "0 good requests failed; all told 408",
        slowloris,
    ),
    Row("idle", GROUP, "thousands of idle connections", "good requests get in, 0 failed", idle),
    Row(
        "handshakes",
        GROUP,
        "TLS handshakes that are never begun, twice as many as `connections` allows",
        "0 good requests failed; no more held than allowed",
        handshakes,
    ),
    Row(
        "download",
        GROUP,
        "slow readers of 100 MB answers",
        f"≤ {_PER_READER:g} MB of memory for each",
        download,
    ),
)
