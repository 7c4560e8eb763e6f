"""How fast requests end on a route: marks of its total over time, kept by each worker for the last minute.

This is the writing side; `tally_rate` makes rates of it. Tallies begin anew with every change of weights and
in every worker, each with a window of its own. Whoever adds such windows up counts the same second twice, or
divides by one that has hardly begun. A pace goes on through all that: it is the total of a route in one
worker, so the requests within any stretch of the last minute can be told, and added over workers, those that
are gone included.
"""

from __future__ import annotations

from gateway.monitoring import tally_layout as layout
from gateway.monitoring.tally_block import Block
from gateway.monitoring.tally_layout import BLOCK_WORDS, FALLBACK, PACE_EVERY, PACE_FIRST, PACE_KEPT

Marks = tuple[tuple[int, int], ...]
"""Times in milliseconds, growing, with the requests that had ended by then; the last is what is known now."""


class Pace:
    """The marks of one route in one worker: `blocks` are its tallies, whose requests it adds up."""

    __slots__ = ("_base", "_words", "blocks")

    def __init__(self, words: memoryview, index: int) -> None:
        self._words = words
        self._base = index * BLOCK_WORDS
        self.blocks: list[Block] = []

    def mark(self, now_ms: int) -> None:
        """Note what has ended by now."""
        words, base = self._words, self._base
        total = sum(sum(words[b.outcomes : b.outcomes + FALLBACK]) for b in self.blocks)
        made = words[base + layout.PACE_MARKS]
        at = base + PACE_FIRST + 2 * (made % PACE_KEPT)
        words[at], words[at + 1] = now_ms, total
        words[base + layout.PACE_MARKS] = made + 1

    def resume(self, now_ms: int) -> None:
        """Go on after a worker that was killed: what it counted after its last mark, it did soon after it."""
        marks = marks_in(self._words, self._base)
        if marks and (end := marks[-1][0] + int(PACE_EVERY * 1000)) < now_ms:
            self.mark(end)
        self.mark(now_ms)


class Paces:
    """All paces of a worker's file."""

    def __init__(self, words: memoryview) -> None:
        self._words = words
        self._of = {route: Pace(words, index) for index, route in layout.paces(words)}
        self._next: list[Pace] = []
        self._due = 0.0

    def lacks(self, route: str) -> bool:
        """Tell whether a route has none yet; what belongs to no route needs none."""
        return bool(route) and route not in self._of

    def make(self, route: str, index: int, now_ms: int) -> None:
        """Make one in the block after the last one in use."""
        layout.enter(self._words, index, route, "", layout.PACE)
        pace = self._of[route] = Pace(self._words, index)
        pace.mark(now_ms)

    def follow(self, route: str, block: Block) -> None:
        """Count a tally in with its route; a route without a pace is not told of."""
        if route in self._of:
            self._of[route].blocks.append(block)

    def resume(self, now_ms: int) -> None:
        """Go on where the worker before this one was killed."""
        for pace in self._of.values():
            pace.resume(now_ms)

    def mark(self, now_ms: int, elapsed: float) -> None:
        """Move on as many as fall due in `elapsed` seconds, in turn."""
        self._due = min(self._due + len(self._of) * elapsed / PACE_EVERY, len(self._of))
        while self._due >= 1:
            self._due -= 1
            self._next = self._next or list(self._of.values())
            self._next.pop().mark(now_ms)


def marks_in(words: memoryview, base: int) -> Marks:
    """Return the marks of a block; the place that is written next is left out, as it may be half written."""
    made = words[base + layout.PACE_MARKS]
    places = (base + PACE_FIRST + 2 * (n % PACE_KEPT) for n in range(max(made - PACE_KEPT + 1, 0), made))
    return tuple((words[at], words[at + 1]) for at in places)
