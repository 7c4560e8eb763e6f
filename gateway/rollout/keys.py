"""Sticky keys over all workers: each draws once in a span, and its first bad event counts once per start.

A key is one user, whose answers are no independent draws: with each counted, those of one heavy user would
speak for many. Spans are known by their place within the era.
"""

from __future__ import annotations

from gateway.monitoring.ledger_layout import METRICS


class KeyCounts:
    """Fed with what the workers saw of keys, in the order of time.

    `draws[place][arm]` are draws, and `bad_draws[place][arm][metric]` those of them that were bad.
    `firsts[place][start][arm][metric]` are the bad events in the span at `place` of keys that had had none
    since the one at `start`. What is kept of a key is the spans it drew in, as bits of a number, and for each
    metric it was bad for the last of them in which it was.
    """

    __slots__ = ("_drawn", "_last_bad", "bad_draws", "draws", "firsts")

    def __init__(self) -> None:
        self.draws: list[list[int]] = []
        self.bad_draws: list[list[list[int]]] = []
        self.firsts: list[list[list[list[int]]]] = []
        self._drawn: dict[int, int] = {}
        self._last_bad: dict[int, int] = {}

    def grow(self, places: int) -> None:
        """Make room for so many spans."""
        for place in range(len(self.draws), places):
            self.draws.append([0, 0])
            self.bad_draws.append([[0] * METRICS, [0] * METRICS])
            self.firsts.append([[[0] * METRICS, [0] * METRICS] for _ in range(place + 1)])

    def draw(self, place: int, key: int, arm: int, bits: int) -> None:
        """Count a key's first request in a span, and what was bad about it.

        Those that other workers call the first as well are none.
        """
        drawn = self._drawn.get(key, 0)
        if not drawn >> place & 1:
            self._drawn[key] = drawn | 1 << place
            self.draws[place][arm] += 1
            for metric in range(METRICS):
                self.bad_draws[place][arm][metric] += bits >> metric & 1

    def bad(self, place: int, key: int, arm: int, bits: int) -> None:
        """Count a bad event; bit i of `bits` says that it is one of metric i."""
        for metric in range(METRICS):
            if bits >> metric & 1:
                which = key * METRICS + metric
                last = self._last_bad.get(which, -1)
                for start in range(last + 1, place + 1):
                    self.firsts[place][start][arm][metric] += 1
                self._last_bad[which] = max(last, place)
