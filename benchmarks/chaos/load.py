"""Load that keeps its own books: closed loops that ask when answered, open loops that ask when it is time."""

from __future__ import annotations

import asyncio
import ssl
from collections import Counter
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from itertools import count
from time import monotonic

from benchmarks.chaos.client import Ask, Seen, Wire
from benchmarks.figures import percentile


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of client: `asks` in turn, over so many connections, at `rate` in all (0: when answered).

    `fresh`: a connection for each request.
    """

    connections: int = 16
    rate: float = 0.0
    asks: tuple[Ask, ...] = (Ask(),)
    fresh: bool = False


class Load:
    """Clients of one port until the block ends; `seen` are all requests that ended, `out` those under way."""

    def __init__(self, port: int, versions: Sequence[str], tls: ssl.SSLContext | None = None) -> None:
        self.seen: list[Seen] = []
        self.out = 0
        self._port, self._tls = port, tls
        self._versions = frozenset(versions)
        self._over = False
        self._wires: list[Wire] = []
        self._enough, self._is_enough = 0, asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Load:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._over = True
        while self._tasks:
            await asyncio.gather(*self._tasks)
        for wire in self._wires:
            wire.close()
        await asyncio.sleep(0)  # the loop closes what was just told to close

    async def until(self, requests: int) -> None:
        """Wait until so many requests have ended."""
        self._enough = requests
        await self._is_enough.wait()

    def closed(self, kind: Kind) -> None:
        """Add connections that ask again once they are answered, and not before it is time."""
        for number in range(kind.connections):
            self._start(self._closed(kind, number))

    def open(self, kind: Kind) -> None:
        """Add requests at a constant rate, however long the answers take."""
        self._start(self._open(kind))

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _closed(self, kind: Kind, number: int) -> None:
        wire = self._wire()
        interval = kind.connections / kind.rate if kind.rate else 0.0
        due = monotonic() + interval * number / kind.connections
        for turn in count(number):
            if interval:
                await asyncio.sleep(max(due - monotonic(), 0))
                due = max(due + interval, monotonic())
            if self._over:
                break
            await self._once(wire, kind.asks[turn % len(kind.asks)])
            if kind.fresh:
                wire.close()

    async def _open(self, kind: Kind) -> None:
        idle: list[Wire] = []
        began = monotonic()
        for turn in count():
            due = began + turn / kind.rate
            await asyncio.sleep(max(due - monotonic(), 0))
            if self._over:
                break
            self._start(self._due(idle, kind.asks[turn % len(kind.asks)]))

    async def _due(self, idle: list[Wire], ask: Ask) -> None:
        wire = idle.pop() if idle else self._wire()
        await self._once(wire, ask)
        idle.append(wire)

    def _wire(self) -> Wire:
        self._wires.append(Wire(self._port, self._tls))
        return self._wires[-1]

    async def _once(self, wire: Wire, ask: Ask) -> None:
        self.out += 1
        seen = await wire.ask(ask, self._versions)
        self.out -= 1
        self.seen.append(seen)
        if self._enough and len(self.seen) >= self._enough:
            self._is_enough.set()


def failed(seen: Sequence[Seen]) -> list[Seen]:
    """Return the requests that were not answered whole with 200."""
    return [one for one in seen if one.failure]


def failures(seen: Sequence[Seen]) -> tuple[str, ...]:
    """Return a note that counts the failures by what they were, the most frequent first; none without any."""
    counted = Counter(one.failure for one in failed(seen)).most_common()
    said = ", ".join(f"{times:,} × {why}" for why, times in counted)
    return (f"what failed: {said}",) if said else ()


def p99_ms(seen: Sequence[Seen]) -> float:
    """Return the 99th percentile of the time from request to answer, in milliseconds."""
    return percentile([one.took for one in seen], 0.99) * 1e3


def under_way(seen: Sequence[Seen], begin: float, end: float) -> int:
    """Count the requests that were under way at some moment of a stretch of time."""
    return sum(one.began <= end and one.ended >= begin for one in seen)


async def calm(
    port: int, versions: Sequence[str], seconds: float, tls: ssl.SSLContext | None = None
) -> list[Seen]:
    """Ask a few hundred times a second while nothing is wrong: what later figures are compared with."""
    async with Load(port, versions, tls) as load:
        load.closed(Kind(8, 400))
        load.closed(Kind(4, 50, fresh=True))
        await asyncio.sleep(seconds)
    return load.seen


def last_ms(seen: Sequence[Seen], since: float) -> float:
    """Return how many milliseconds after a moment the last of these requests began; 0 where none did."""
    return max([0.0, *((one.began - since) * 1e3 for one in seen)])


def share_of(seen: Sequence[Seen], version: str, until: float) -> float:
    """Return the percentage of the answers before a moment that were of one version."""
    before = [one for one in seen if one.ended < until]
    return 100 * sum(one.version == version for one in before) / max(len(before), 1)
