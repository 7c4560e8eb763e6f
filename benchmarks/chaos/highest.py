"""The highest that a figure was while something went on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

_EVERY = 0.1


class Highest:
    """Reads a figure ten times a second until the block ends; `value` is the highest."""

    def __init__(self, read: Callable[[], int]) -> None:
        self.value = read()
        self._read = read

    async def __aenter__(self) -> Highest:
        self._task = asyncio.ensure_future(self._watch())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.wait((self._task,))
        if not self._task.cancelled() and (error := self._task.exception()):
            raise error

    async def _watch(self) -> None:
        while True:
            self.value = max(self.value, self._read())
            await asyncio.sleep(_EVERY)
