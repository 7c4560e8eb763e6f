"""Connections that cost nothing to make, by the thousand.

    python -m benchmarks.chaos.crowds PORT NUMBER KIND

A process of its own, so that the good clients beside it are not slowed by what it takes to be many. KIND is
silent, or dribbling: heads that come byte by byte and have no end. It prints a line once all are open, and at
the end of its standard input what became of them, as JSON.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast

import uvloop

from benchmarks.stage import allow_many_files

_AT_ONCE = 100
_HEAD = b"GET / HTTP/1.1\r\nhost: localhost\r\nx-slow: "
_LAST_WORDS = 0.1
"""Seconds for what was sent already to arrive."""
_SLICES = 20
"""Parts of a second over which the bytes are spread."""


class Silent(asyncio.Protocol):
    """A connection that says nothing; `told` is what it heard, `closed` whether it was hung up on."""

    def __init__(self) -> None:
        self.told = b""
        self.closed = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self.told += data

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True

    def say(self) -> None:
        """Nothing."""


class Dribbling(Silent):
    """A connection whose head comes byte by byte and has no end."""

    def __init__(self) -> None:
        super().__init__()
        self._sent = 0

    def say(self) -> None:
        """Send one byte more."""
        if not self.closed:
            at = self._sent
            self.transport.write(_HEAD[at : at + 1] or b"x")
            self._sent += 1


class Crowd:
    """The parent's side of such a process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    async def gathered(self) -> None:
        """Wait until all are connected; raises RuntimeError where they cannot be."""
        assert self._process.stdout is not None
        if not await asyncio.to_thread(self._process.stdout.readline):
            raise RuntimeError("not all connections could be opened; see what is printed above")

    async def leave(self) -> dict[str, int]:
        """Have all hang up; return how many were told 408 and how many were closed before."""
        said, _ = await asyncio.to_thread(self._process.communicate)
        found: dict[str, int] = json.loads(said)
        return found


@contextmanager
def crowd(port: int, number: int, kind: str) -> Iterator[Crowd]:
    """Begin to open so many connections of a kind; they are gone when the block ends."""
    command = [sys.executable, "-m", "benchmarks.chaos.crowds", str(port), str(number), kind]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, start_new_session=True) as process:
        try:
            yield Crowd(process)
        finally:
            process.kill()


async def connected(port: int, number: int, new: Callable[[], Silent]) -> list[Silent]:
    """Open so many connections; raises OSError where one cannot be made."""
    loop = asyncio.get_running_loop()
    found: list[Silent] = []
    while len(found) < number:
        some = min(_AT_ONCE, number - len(found))
        made = await asyncio.gather(*(loop.create_connection(new, "127.0.0.1", port) for _ in range(some)))
        found += [protocol for _, protocol in made]
    return found


async def _main(port: int, number: int, kind: str) -> None:
    over = asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), over.set)  # its end is all that ever comes
    found = await connected(port, number, {"silent": Silent, "dribbling": Dribbling}[kind])
    print("gathered", flush=True)
    turn = 0
    while not over.is_set():
        for one in found[turn % _SLICES :: _SLICES]:
            one.say()
        turn += 1
        await asyncio.sleep(1 / _SLICES)
    await asyncio.sleep(_LAST_WORDS)
    told = sum(b" 408 " in one.told for one in found)
    print(json.dumps({"told": told, "closed": sum(one.closed for one in found)}))


if __name__ == "__main__":
    allow_many_files()
    uvloop.run(_main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
