"""Outlier ejection: a replica that fails again and again is left alone for a while, each time for longer.

Nobody asks the replica: its answers to real requests tell. How many may be out at once is the service's to
know, so that a fault of all of them, or of the requests, does not empty it.
"""

from __future__ import annotations

from gateway.routing.settings import Outliers


class OutlierRecord:
    """What is held against one replica; `until` is when its ejection ends, 0 while there is none."""

    __slots__ = ("_returned", "_settings", "failures", "times", "until")

    def __init__(self, settings: Outliers) -> None:
        self._settings = settings
        self.failures = 0
        """Failures in a row."""
        self.times = 0
        """Ejections, less one for each calm period since."""
        self.until = 0.0
        self._returned = 0.0

    def is_due(self, ok: bool) -> bool:
        """Count a result; tell whether the replica should now be ejected."""
        if ok:
            self.failures = 0
            return False
        self.failures += 1
        return 0 < self._settings.failures <= self.failures and not self.until

    def eject(self, now: float) -> float:
        """Eject the replica and return for how many seconds."""
        settings = self._settings
        calm = int((now - self._returned) / settings.ejection)
        self.times = max(self.times - calm, 0) + 1
        doublings = min(self.times - 1, 64)
        length = min(settings.ejection * 2.0**doublings, settings.longest)
        self.until = now + length
        return length

    def end(self, now: float) -> None:
        """Let the replica back in, with nothing but `times` held against it."""
        self.until = 0.0
        self.failures = 0
        self._returned = now

    def inherit(self, earlier: OutlierRecord) -> None:
        """Go on from what was held against the same replica under an earlier plan."""
        if self._settings.failures:
            self.failures, self.times = earlier.failures, earlier.times
            self.until, self._returned = earlier.until, earlier._returned


def most_ejected(replicas: int, settings: Outliers) -> int:
    """Return how many of so many replicas may be ejected at once."""
    return int(replicas * settings.most / 100)
