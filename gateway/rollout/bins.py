"""Predictions in bins: the deciles of what stable predicted first, or a bin for each value where it has few.

Those first predictions make the bins and are no evidence themselves. A value outside of all that stable had
shown by then has a bin of its own where values are few: a class that is new is what has to be noticed.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence

from gateway.monitoring.ledger_layout import STABLE

FIRST = 200
"""Predictions of stable that the bins are made of."""
FEW = 20
"""Distinct values up to which each has its own bin."""
_BINS = 10


class OutputBins:
    """Fed with predictions in the order of time; `counts[place][arm][bin]`, `edges` empty until known."""

    __slots__ = ("_first", "_seen", "counts", "edges")

    def __init__(self, edges: tuple[float, ...] = ()) -> None:
        self.edges = edges
        self.counts: dict[int, tuple[list[int], list[int]]] = {}
        self._first: list[float] = []
        self._seen: set[int] = set()

    def note(self, place: int, key: int, arm: int, value: float) -> None:
        """Count a prediction in the span at `place`; of a key (0: none) the first in this era alone.

        A user who asks the same again is no further draw, whatever the share is by then.
        """
        if key in self._seen:
            return
        if key:
            self._seen.add(key)
        if math.isnan(value):
            value = math.inf
        if not self.edges:
            self._learn(arm, value)
            return
        counts = self.counts.get(place)
        if counts is None:
            bins = len(self.edges) + 1
            counts = self.counts[place] = ([0] * bins, [0] * bins)
        counts[arm][bisect_left(self.edges, value)] += 1

    def _learn(self, arm: int, value: float) -> None:
        if arm == STABLE:
            self._first.append(value)
            if len(self._first) == FIRST:
                self.edges = edges_of(self._first)


def edges_of(values: Sequence[float]) -> tuple[float, ...]:
    """Return the upper bounds, each within its bin, of all bins but the last."""
    ordered = sorted(values)
    distinct = sorted(set(ordered))
    if len(distinct) <= FEW:
        return (math.nextafter(distinct[0], -math.inf), *distinct)
    deciles = (ordered[len(ordered) * tenth // _BINS - 1] for tenth in range(1, _BINS))
    return tuple(sorted(set(deciles)))
