"""The requests of one service over all workers: one word of shared memory in each, written by that one alone.

The lower half of a word counts requests in flight, the upper half those that wait for their turn, so that one
read of memory for each worker tells both.
"""

from __future__ import annotations

LOW_HALF = (1 << 32) - 1


class Cell:
    """One service as one worker counts it; all but `follow` is on the request path."""

    __slots__ = ("_others", "_own", "name")

    def __init__(self, name: int, own: memoryview, others: list[memoryview]) -> None:
        self.name = name
        self._own = own
        self._others = others

    def add(self, count: int) -> None:
        """Count requests of this worker that went to the service, or with -1 one that came back."""
        self._own[0] += count

    def add_waiting(self, count: int) -> None:
        """Count requests of this worker that wait, or with -1 one that no longer does."""
        self._own[0] += count << 32

    def total(self) -> int:
        """Return the requests in flight over all workers."""
        return self.packed() & LOW_HALF

    def packed(self) -> int:
        """Return what is in flight over all workers, plus 2**32 times what waits."""
        word: int = self._own[0]
        for other in self._others:
            word += other[0]
        return word

    def own(self) -> int:
        """Return the same for this worker alone."""
        word: int = self._own[0]
        return word

    def share_of(self, places: int) -> float:
        """Return what this worker's share is if all that wait share evenly what the others leave them."""
        waiting = 1
        for other in self._others:
            word: int = other[0]
            if word > LOW_HALF:
                waiting += 1
            else:
                places -= word
        return places / waiting

    def follow(self, others: list[memoryview]) -> None:
        """Count these rows of other workers from now on."""
        self._others = others
