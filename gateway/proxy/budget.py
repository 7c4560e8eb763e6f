"""The retry budget: what keeps a failing service from being buried by second attempts.

Every request earns a fifth of a retry and every retry spends a whole one. A few are lent in advance, and the
first requests pay them back: so attempts never exceed 1.2 times the requests, or the requests and those few.
Nothing is earned by waiting.
"""

from __future__ import annotations

REQUESTS_PER_RETRY = 5
LENT_RETRIES = 3
"""So that the first requests of a service may have a second attempt too."""
HALVED_EVERY = 5.0
"""Seconds after which half of what was saved up is lost: retries go with the traffic of these moments."""

_LENT = LENT_RETRIES * REQUESTS_PER_RETRY


class RetryBudget:
    """The retries one service may have, counted in requests, in one worker."""

    __slots__ = ("_halved_at", "_owed", "_saved")

    def __init__(self) -> None:
        self._saved = self._owed = _LENT
        self._halved_at = 0.0

    def request(self) -> None:
        """Count a request; its first attempt is always allowed."""
        if self._owed:
            self._owed -= 1
        else:
            self._saved += 1

    def may_retry(self) -> bool:
        """Take one retry out of the budget, or return False where there is none."""
        if self._saved < REQUESTS_PER_RETRY:
            return False
        self._saved -= REQUESTS_PER_RETRY
        return True

    def tick(self, now: float) -> None:
        """Halve, when it is time to, what is saved above a few retries."""
        if now - self._halved_at >= HALVED_EVERY:
            self._halved_at = now
            if self._saved > _LENT:
                self._saved = max(_LENT, self._saved // 2)
