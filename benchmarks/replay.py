"""Sends the flights through a running gateway at a steady rate, and notes who answered what."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import aiohttp

from benchmarks.flights import Flight, Input, probability, question

AT_ONCE = 16
CHANGING = -1  # the phase of requests that set out while the routing was being changed
_TIMEOUT = aiohttp.ClientTimeout(total=10)


@dataclass(frozen=True)
class Outcome:
    """What came of one flight. Without an answer `version` is "" and `error` says why."""

    phase: int  # counts the changes made before it set out, or CHANGING
    version: str
    was_late: bool
    model: str = ""  # the model's own version, as its answer says
    seconds: float = 0.0
    probability: float = 0.0
    error: str = ""


@dataclass(frozen=True)
class Change:
    """Something done to the routing once `after` flights have set out, and what is noted once it is done.

    Traffic goes on meanwhile.
    """

    after: int
    act: Callable[[], None]
    note: Callable[[], None]


class Replay:
    """One run over the flights."""

    def __init__(self, url: str, inputs: Sequence[Input], rate: float, tick: Callable[[], None]) -> None:
        self._url, self._inputs, self._rate, self._tick = url, inputs, rate, tick
        self._start = 0.0
        self._phase = 0
        self._one_change = asyncio.Lock()
        self._outcomes: list[Outcome] = []

    async def run(self, flights: Sequence[Flight], changes: Sequence[Change]) -> list[Outcome]:
        """Send every flight once, making each change at its moment; outcomes come in order of arrival."""
        self._start = time.perf_counter()
        queue, due = iter(enumerate(flights)), list(changes)
        async with aiohttp.ClientSession(timeout=_TIMEOUT) as session, asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(self._client(session, queue, due, group))
        return self._outcomes

    async def _client(
        self,
        session: aiohttp.ClientSession,
        queue: Iterator[tuple[int, Flight]],
        due: list[Change],
        group: asyncio.TaskGroup,
    ) -> None:
        for number, flight in queue:
            await asyncio.sleep(self._start + number / self._rate - time.perf_counter())
            if due and number >= due[0].after:
                group.create_task(self._change(due.pop(0)))
            self._outcomes.append(await self._ask(session, number, flight))
            self._tick()

    async def _change(self, change: Change) -> None:
        async with self._one_change:
            following, self._phase = self._phase + 1, CHANGING
            await asyncio.to_thread(change.act)
            self._phase = following
            await asyncio.to_thread(change.note)

    async def _ask(self, session: aiohttp.ClientSession, number: int, flight: Flight) -> Outcome:
        phase, start = self._phase, time.perf_counter()
        body = question(flight, self._inputs, f"flight-{number}")
        try:
            async with session.post(self._url, json=body, headers={"x-user-id": f"user-{number}"}) as answer:
                found = await answer.json()
                seconds = time.perf_counter() - start
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            return Outcome(phase, "", flight.was_late, error=type(error).__name__)
        version = answer.headers.get("x-model-version", "")
        if answer.status != 200:
            return Outcome(phase, version, flight.was_late, error=f"status {answer.status}")
        model = str(found.get("model_version", ""))
        return Outcome(phase, version, flight.was_late, model, seconds, probability(found))
