"""Whose turn it is: so many queries at once over all askers, a few that wait, and the rest is sent away.

Each query has memory of its own, so that how many run is what bounds the memory of all of them together.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gateway.control.problems import Refusal

AGAIN = "2"
"""Seconds after which whoever was sent away may come again."""


class Turns:
    """At most `at_once` hold a turn, at most `waiting` wait for one, none of them longer than `seconds`."""

    def __init__(self, at_once: int, waiting: int, seconds: float) -> None:
        self._room = asyncio.Semaphore(at_once)
        self._at_once = at_once
        self._most = waiting
        self._seconds = seconds
        self._waiting = 0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Hold a turn for the block, first come, first served; raises Refusal (429) where there is none."""
        await self._wait()
        try:
            yield
        finally:
            self._room.release()

    async def _wait(self) -> None:
        if self._waiting >= self._most:
            raise self._refusal(f"{self._most} more wait")
        self._waiting += 1
        try:
            async with asyncio.timeout(self._seconds):
                await self._room.acquire()
        except TimeoutError:
            raise self._refusal(f"none was over within {self._seconds:g} s") from None
        finally:
            self._waiting -= 1

    def _refusal(self, why: str) -> Refusal:
        return Refusal(
            429, f"{self._at_once} queries run already, and {why}; try again soon", {"retry-after": AGAIN}
        )
