"""What others do with the same numbers: fixed thresholds over windows, and a z-test looked at all the time.

Argo Rollouts, docs/features/analysis.md: the share of successes is measured every five minutes over five
minutes; below 0.95 is a failure (`successCondition: result[0] >= 0.95`), and three of them abort
(`failureLimit: 3`). Flagger, docs/usage/metrics and its canary examples: every minute over a minute, at
least 99 % (`thresholdRange: {min: 99}`), rolled back at the fifth failed check (`threshold: 5`). Both count
failures over the whole analysis.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.prove.counted import Counted

Z_ONE_SIDED = 1.6449
"""The value a normal variable passes with a chance of 5 %."""
_FEWEST_BAD = 5


@dataclass(frozen=True, slots=True)
class Thresholds:
    """A judge that compares the canary's successes, window by window, with a number someone chose."""

    name: str
    window: int
    least_success: float
    failures: int

    def rollback(self, counted: Counted) -> int | None:
        """Return the second (from 1) at the end of which it rolls back, or None."""
        whole = counted.seconds // self.window * self.window
        shape = (-1, self.window)
        requests = counted.canary[:whole].reshape(shape).sum(axis=1)
        bad = counted.canary_bad[:whole, 0].reshape(shape).sum(axis=1)
        failed = np.flatnonzero((requests > 0) & (requests - bad < self.least_success * requests))
        if len(failed) < self.failures:
            return None
        return int(failed[self.failures - 1] + 1) * self.window


ARGO = Thresholds("fixed threshold 95 %, 5 min (Argo)", 300, 0.95, 3)
FLAGGER = Thresholds("fixed threshold 99 %, 1 min (Flagger)", 60, 0.99, 5)


def peeked_z_path(counted: Counted, metric: int = 0) -> NDArray[np.float64]:
    """Return z of the two-sample test of rates after each second; 0 until there are five bad events."""
    n = np.cumsum(counted.canary).astype(np.float64)
    m = np.cumsum(counted.stable).astype(np.float64)
    bad_n, bad_m = np.cumsum(counted.canary_bad[:, metric]), np.cumsum(counted.stable_bad[:, metric])
    total = n + m
    pooled = (bad_n + bad_m) / np.maximum(total, 1)
    variance = pooled * (1 - pooled) * total / np.maximum(n * m, 1)
    difference = bad_n / np.maximum(n, 1) - bad_m / np.maximum(m, 1)
    usable = (bad_n + bad_m >= _FEWEST_BAD) & (n > 0) & (m > 0) & (variance > 0)
    return np.where(usable, difference / np.sqrt(np.where(usable, variance, 1.0)), 0.0)


def peeked_z(counted: Counted, metric: int = 0) -> int | None:
    """Return the second (from 1) after which the z-test first says p < 0.05, or None."""
    passed = np.flatnonzero(peeked_z_path(counted, metric) > Z_ONE_SIDED)
    return int(passed[0]) + 1 if len(passed) else None
