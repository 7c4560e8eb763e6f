"""Who may use a service now, and who waits: at most `concurrency` requests in flight, over all workers.

Workers see each other's counts (shared_counts.py) and hold no lock: two that look within the same fraction of
a microsecond may both take the last place, so at the worst there is one too many for each other worker.

A worker that is full of requests could hand every place that comes free to the next of its own, and who
waits at another worker would never get in. So while others wait, each takes no more than its share at once;
what is beyond lies free until somebody's next look.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import Protocol

from gateway.proxy.cell import LOW_HALF, Cell
from gateway.routing.settings import Queue

LOOK_EVERY = 0.002
"""Seconds between two looks for a place that came free at another worker; only while somebody waits."""


class Waiter(Protocol):
    """Who waits for a place. Exactly one of these is called, unless it is forgotten before."""

    def admitted(self) -> None:
        """It has a place, and must `leave` it."""

    def not_admitted(self) -> None:
        """It has waited for as long as the queue allows."""


class Admission:
    """The door of one service in one worker. Two may share a cell, as when a new plan changes the limit."""

    __slots__ = ("_admitting", "_cell", "_concurrency", "_loop", "_queue", "_timer", "_waiting")

    def __init__(self, concurrency: int, queue: Queue, cell: Cell, loop: asyncio.AbstractEventLoop) -> None:
        self._concurrency = concurrency
        self._queue = queue
        self._cell = cell
        self._loop = loop
        self._waiting: OrderedDict[Waiter, float] = OrderedDict()
        self._timer: asyncio.TimerHandle | None = None
        self._admitting = False

    @property
    def waiting(self) -> int:
        """How many wait in this worker."""
        return len(self._waiting)

    def enter(self) -> bool:
        """Take a place, to be given back by `leave`; False where there is none or others wait here."""
        if self._cell.own() > LOW_HALF or not self._has_place(at_once=True):
            return False
        self._cell.add(1)
        return True

    def leave(self) -> None:
        """Give a place back. It may go to the first who waits, who is told so before this returns."""
        self._cell.add(-1)
        if self._waiting:
            self._admit(at_once=True)

    def wait(self, waiter: Waiter) -> bool:
        """Join the queue, False where it is full. The waiter is told later, never before this returns."""
        if len(self._waiting) >= self._queue.size:
            return False
        self._waiting[waiter] = self._loop.time() + self._queue.wait
        self._cell.add_waiting(1)
        if self._timer is None:
            self._timer = self._loop.call_later(LOOK_EVERY, self._look)
        return True

    def forget(self, waiter: Waiter) -> None:
        """Let a waiter go whose client has left; nothing where it no longer waits."""
        if self._waiting.pop(waiter, None) is not None:
            self._cell.add_waiting(-1)
            self._rest()

    def _has_place(self, at_once: bool) -> bool:
        packed = self._cell.packed()
        free = self._concurrency - (packed & LOW_HALF)
        own = self._cell.own()
        if free <= 0 or free > (packed >> 32) - (own >> 32):
            return free > 0
        share = self._cell.share_of(self._concurrency)
        held = own & LOW_HALF
        # A share need not be whole: the part of a place beyond it is nobody's until somebody looks.
        return held + 1 <= share if at_once else held < share

    def _admit(self, at_once: bool) -> None:
        if self._admitting:
            return  # called by one who was admitted and left already: the loop below goes on
        self._admitting = True
        try:
            while self._waiting and self._has_place(at_once):
                self._cell.add(1)
                self._first().admitted()
        finally:
            self._admitting = False
            self._rest()

    def _look(self) -> None:
        self._timer = None
        try:
            self._admit(at_once=False)
            now = self._loop.time()
            while self._waiting and next(iter(self._waiting.values())) <= now:
                self._first().not_admitted()
        finally:
            if self._waiting and self._timer is None:
                self._timer = self._loop.call_later(LOOK_EVERY, self._look)

    def _first(self) -> Waiter:
        waiter, _ = self._waiting.popitem(last=False)
        self._cell.add_waiting(-1)
        return waiter

    def _rest(self) -> None:
        if not self._waiting and self._timer is not None:
            self._timer.cancel()
            self._timer = None
