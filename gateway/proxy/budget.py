"""The retry budget: what keeps a failing service from being buried by second attempts.

Every request earns a fifth of a retry and every retry spends a whole one, so that attempts never exceed
1.2 times the requests plus the few that are free. Nothing is earned by waiting.
"""

from __future__ import annotations

REQUESTS_PER_RETRY = 5
FREE_RETRIES = 3
"""So that a service with few requests may have a second attempt too."""
HALVED_EVERY = 5.0
"""Seconds after which half of what was saved up is lost: retries go with the traffic of these moments."""

_FREE = FREE_RETRIES * REQUESTS_PER_RETRY


class RetryBudget:
    """The retries one service may have, counted in requests, in one worker."""

    __slots__ = ("_halved_at", "_saved")

    def __init__(self) -> None:
        self._saved = _FREE
        self._halved_at = 0.0

    def request(self) -> None:
        """Count a request; its first attempt is always allowed."""
        self._saved += 1

    def may_retry(self) -> bool:
        """Take one retry out of the budget, or return False where there is none."""
        if self._saved < REQUESTS_PER_RETRY:
            return False
        self._saved -= REQUESTS_PER_RETRY
        return True

    def tick(self, now: float) -> None:
        """Halve, when it is time to, what is saved above the free retries."""
        if now - self._halved_at >= HALVED_EVERY:
            self._halved_at = now
            if self._saved > _FREE:
                self._saved = max(_FREE, self._saved // 2)
