"""Verbs of the command line that run beside everything else, and can be killed while they do."""

from __future__ import annotations

import asyncio
import subprocess

from benchmarks.our_gateway import verb
from benchmarks.rollouts.site import Site

_LONGEST = 20.0


class Verbs:
    """Those that were started for one gateway."""

    def __init__(self, found: Site) -> None:
        self._site = found
        self._started: list[tuple[tuple[str, ...], subprocess.Popen[bytes]]] = []

    def start(self, *words: str) -> None:
        """Start one; whether it is refused is of no interest here."""
        whole = verb(self._site.state, *words)
        quiet = subprocess.DEVNULL
        process = subprocess.Popen(whole, stdin=quiet, stdout=quiet, stderr=quiet)
        self._started.append((words, process))

    def running(self) -> int:
        """Return how many have not ended."""
        self._started = [one for one in self._started if one[1].poll() is None]
        return len(self._started)

    def is_about(self, route: str) -> bool:
        """Tell whether one that runs is about this route."""
        self.running()
        return any(route in words for words, _ in self._started)

    async def finished(self) -> None:
        """Wait until all have ended."""
        for _, process in self._started:
            await asyncio.to_thread(process.wait, _LONGEST)

    def kill_last(self) -> None:
        """Kill -9 the one that was started last, if it has not ended."""
        _, process = self._started[-1]
        process.kill()
        process.wait()
