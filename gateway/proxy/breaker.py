"""The circuit breaker of a service: where too much of it fails, it is given a rest.

closed, while results are counted in a sliding window > open, nothing passes > half open, one request at a
time is the trial > closed again, or open. Every transition is in this file.
"""

from __future__ import annotations

from gateway.routing.settings import Breaker

SLOTS = 10
"""The window slides by this part of itself."""
CLOSED, OPEN, HALF_OPEN = "closed", "open", "half_open"


class CircuitBreaker:
    """One service's breaker in one worker. `state` is CLOSED, OPEN or HALF_OPEN."""

    __slots__ = ("_failed", "_failures", "_finished", "_results", "_settings", "_slot", "_until", "state")

    def __init__(self, settings: Breaker) -> None:
        self._settings = settings
        self._slot = 0
        self._until = 0.0
        """When OPEN ends, or the trial of HALF_OPEN counts as lost."""
        self.state = CLOSED
        self._forget_results()

    def _forget_results(self) -> None:
        self._results = [0] * SLOTS
        self._failures = [0] * SLOTS
        self._finished = self._failed = 0

    def allows(self, now: float) -> bool:
        """Tell whether a request may pass.

        When the rest is over one may, as the trial; the next one once there is a result, or after as long a
        rest without.
        """
        if self.state == CLOSED:
            return True
        if now < self._until:
            return False
        self.state = HALF_OPEN
        self._until = now + self._settings.open
        return True

    def tick(self, now: float) -> None:
        """Let it be seen that the rest is over, also where no request comes to find it out."""
        if self.state == OPEN and now >= self._until:
            self.state = HALF_OPEN
            self._until = 0.0

    def report(self, ok: bool, now: float) -> None:
        """Count the result of an attempt, or take it for the trial's."""
        if self.state == CLOSED:
            self._count(ok, now)
            settings = self._settings
            enough = self._finished >= settings.requests
            if enough and self._failed * 100 >= settings.errors * self._finished and self._failed:
                self._open(now)
        elif self.state == HALF_OPEN:
            if ok:
                self.state = CLOSED
                self._forget_results()
            else:
                self._open(now)

    def _open(self, now: float) -> None:
        self.state = OPEN
        self._until = now + self._settings.open

    def _count(self, ok: bool, now: float) -> None:
        slot = int(now * SLOTS / self._settings.within)
        if slot > self._slot:
            self._slide_to(slot)
        place = self._slot % SLOTS
        self._results[place] += 1
        self._finished += 1
        if not ok:
            self._failures[place] += 1
            self._failed += 1

    def _slide_to(self, slot: int) -> None:
        if slot - self._slot >= SLOTS:
            self._forget_results()
        else:
            for passed in range(self._slot + 1, slot + 1):
                place = passed % SLOTS
                self._finished -= self._results[place]
                self._failed -= self._failures[place]
                self._results[place] = self._failures[place] = 0
        self._slot = slot

    def forget(self) -> None:
        """Let another request be the trial: the one that was has ended without a result."""
        if self.state == HALF_OPEN:
            self._until = 0.0

    def reason(self) -> str:
        """Say what opened it."""
        return f"{self._failed} of {self._finished} requests within {self._settings.within:g} s failed"
