"""Loads that know exactly what was answered: at a constant rate (openloop.lua), or id by id."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from time import monotonic

from benchmarks.chaos.service import field
from benchmarks.latency import SCRIPT
from benchmarks.process import last_line
from benchmarks.requestlog.asking import ANSWER
from benchmarks.wire import Broken
from benchmarks.wrk import CONNECTIONS

GRACE = 30
PATIENCE = 10.0
"""Seconds after which a request counts as not answered."""


@dataclass(frozen=True, slots=True)
class Paced:
    """What came of a constant rate: each request was answered 200, whole; seconds since each was due."""

    answered: int
    p50: float
    p99: float


class Pace:
    """A constant rate in a process of its own; `result` waits for its end."""

    def __init__(self, port: int, pool: Path, rate: float, seconds: float, core: int | None = None) -> None:
        numbers = [str(port), f"{rate:.0f}", f"{seconds:g}", str(CONNECTIONS), ANSWER[-24:]]
        wrk = ["wrk", "-t1", "-c1", "-d1s", "-s", str(SCRIPT), f"http://127.0.0.1:{port}/", "--", str(pool)]
        pinned = ["taskset", "-c", str(core)] if core is not None else []
        self._seconds = seconds
        self._process = subprocess.Popen(
            [*pinned, *wrk, *numbers], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def result(self) -> Paced:
        """Return what came of it; raises Broken where any answer was missing or no 200."""
        output, complaint = self._process.communicate(timeout=self._seconds + GRACE)
        for line in output.splitlines():
            if line.startswith("RESULT "):
                found = json.loads(line.removeprefix("RESULT "))
                return Paced(found["answered"], found["p50"], found["p99"])
        raise Broken(f"at a constant rate: {last_line(complaint)}")

    def stop(self) -> None:
        """End it, if it has not ended."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.communicate()


@contextmanager
def pace(port: int, pool: Path, rate: float, seconds: float, core: int | None = None) -> Iterator[Pace]:
    """Send at a constant rate while the block goes on."""
    found = Pace(port, pool, rate, seconds, core)
    try:
        yield found
    finally:
        found.stop()


@dataclass(frozen=True, slots=True)
class Answered:
    """One request; times of CLOCK_MONOTONIC. `id` is empty where no whole answer came, `failure` why."""

    id: str
    began: float
    ended: float
    failure: str = ""


class Clients:
    """Requests at a steady rate by clients that note the id of each answer, and retry nothing."""

    def __init__(self, port: int, requests: Sequence[bytes]) -> None:
        self.answers: list[Answered] = []
        self._port, self._requests = port, cycle(requests)
        self._is_over = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._idle: list[Wire] = []

    async def __aenter__(self) -> Clients:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.rest()
        for wire in self._idle:
            wire.close()
        await asyncio.sleep(0)  # the loop closes what was just told to close

    def flow(self, rate: float) -> None:
        """Send so many a second."""
        self._is_over = False
        self._start(self._flow(rate))

    async def rest(self) -> None:
        """Send no more, and return once all has been answered."""
        self._is_over = True
        while self._tasks:
            await asyncio.gather(*self._tasks)

    def move_to(self, port: int) -> None:
        """Send what comes from now on to another port."""
        self._port = port

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _flow(self, rate: float) -> None:
        due = monotonic()
        while not self._is_over:
            self._start(self._once(next(self._requests)))
            due = max(due + 1 / rate, monotonic() - 1)  # a client that was held up does not storm
            await asyncio.sleep(max(due - monotonic(), 0))

    async def _once(self, request: bytes) -> None:
        wire = self._idle.pop() if self._idle else Wire(self._port)
        if wire.port != self._port:
            wire.close()
            wire = Wire(self._port)
        self.answers.append(await wire.ask(request))
        self._idle.append(wire)


class Wire:
    """One keep-alive connection, opened when it is needed."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, request: bytes) -> Answered:
        """Send one request and wait for its end; never raises for what the server does."""
        began, identity, failure = monotonic(), "", ""
        try:
            async with asyncio.timeout(PATIENCE):
                identity, failure = await self._talk(request)
        except TimeoutError:
            failure = f"no answer within {PATIENCE:g} s"
        except (asyncio.IncompleteReadError, OSError) as broken:
            failure = str(broken) or type(broken).__name__
        if not identity:
            self.close()
        return Answered(identity, began, monotonic(), failure)

    async def _talk(self, request: bytes) -> tuple[str, str]:
        if self._writer is None or self._writer.is_closing():
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self.port)
        assert self._reader is not None
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        await self._reader.readexactly(int(field(head, b"content-length") or 0))
        if field(head, b"connection") == b"close":
            self.close()
        status = int(head[9:12])
        return field(head, b"x-request-id").decode(), "" if status == 200 else f"status {status}"

    def close(self) -> None:
        """Hang up."""
        if self._writer is not None:
            self._writer.transport.abort()
        self._reader = self._writer = None
