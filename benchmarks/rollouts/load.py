"""Requests at a steady rate, however long the answers take, by clients that retry nothing."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from itertools import cycle
from time import monotonic

from benchmarks.chaos.service import field

PATIENCE = 10.0
"""Seconds after which a request counts as not answered."""
_OUTPUT = b"late_probability"


@dataclass(frozen=True, slots=True)
class Asked:
    """One request; times of CLOCK_MONOTONIC. `failure` is empty for a whole 200 with a prediction in it."""

    user: str
    began: float
    ended: float
    status: int
    version: str
    failure: str

    @property
    def took(self) -> float:
        """Seconds from the request to the answer's last byte."""
        return self.ended - self.began


class Load:
    """Clients of one port until the block ends; `asked` are all requests that ended, in that order."""

    def __init__(self, port: int) -> None:
        self.asked: list[Asked] = []
        self._port = port
        self._is_over = False
        self._enough, self._is_enough = 0, asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._idle: list[_Wire] = []

    async def __aenter__(self) -> Load:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._is_over = True
        while self._tasks:
            await asyncio.gather(*self._tasks)
        for wire in self._idle:
            wire.close()
        await asyncio.sleep(0)  # the loop closes what was just told to close

    def flow(self, requests: Sequence[tuple[str, bytes]], rate: float) -> None:
        """Send these, again and again, so many a second."""
        self._start(self._flow(requests, rate))

    async def until(self, requests: int, patience: float = 30.0) -> None:
        """Wait until so many requests have ended; raises TimeoutError."""
        self._enough = requests
        self._is_enough.clear()
        if len(self.asked) < requests:
            await asyncio.wait_for(self._is_enough.wait(), patience)

    def move_to(self, port: int) -> None:
        """Send what comes from now on to another port."""
        self._port = port

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _flow(self, requests: Sequence[tuple[str, bytes]], rate: float) -> None:
        due = monotonic()
        for user, content in cycle(requests):
            await asyncio.sleep(max(due - monotonic(), 0))
            if self._is_over:
                return
            due = max(due + 1 / rate, monotonic() - 1)  # a client that was held up does not storm
            self._start(self._once(user, content))

    async def _once(self, user: str, content: bytes) -> None:
        wire = self._idle.pop() if self._idle else _Wire(self._port)
        if wire.port != self._port:
            wire.close()
            wire = _Wire(self._port)
        self.asked.append(await wire.ask(user, content))
        if len(self.asked) == self._enough:
            self._is_enough.set()
        self._idle.append(wire)


class _Wire:
    """One keep-alive connection, opened when it is needed."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, user: str, content: bytes) -> Asked:
        """Send one request and wait for its end; never raises for what the server does."""
        began, status, version, failure = monotonic(), 0, "", ""
        try:
            async with asyncio.timeout(PATIENCE):
                status, version, failure = await self._talk(content)
        except TimeoutError:
            failure = f"no answer within {PATIENCE:g} s"
        except asyncio.IncompleteReadError as cut:
            failure = "cut short" if cut.partial else "closed without an answer"
        except OSError as broken:
            failure = str(broken) or type(broken).__name__
        if not status:
            self.close()
        return Asked(user, began, monotonic(), status, version, failure)

    async def _talk(self, content: bytes) -> tuple[int, str, str]:
        if self._writer is None or self._writer.is_closing():
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self.port)
        assert self._reader is not None
        self._writer.write(content)
        head = await self._reader.readuntil(b"\r\n\r\n")
        body = await self._reader.readexactly(int(field(head, b"content-length") or 0))
        status = int(head[9:12])
        if field(head, b"connection") == b"close":
            self.close()
        failure = "" if status == 200 and _OUTPUT in body else f"status {status}"
        return status, field(head, b"x-model-version").decode(), failure

    def close(self) -> None:
        """Hang up."""
        if self._writer is not None:
            self._writer.transport.abort()
        self._reader = self._writer = None


def failed(asked: Sequence[Asked]) -> list[Asked]:
    """Return the requests that were not answered whole with 200."""
    return [one for one in asked if one.failure]


def failures(asked: Sequence[Asked]) -> str:
    """Count the failures by what they were, the most frequent first."""
    counted = Counter(one.failure for one in failed(asked)).most_common()
    return ", ".join(f"{times:,} × {why}" for why, times in counted)
