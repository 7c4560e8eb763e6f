"""One stretch of constant weights in a ledger: what a request adds to it.

The small methods are on the request path: they do nothing but arithmetic on shared memory and one dictionary.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.monitoring.ledger_layout import BAD, BAD_OF, DRAW, DRAWS, ENTRIES, OUTPUT, facts

if TYPE_CHECKING:
    from gateway.monitoring.ledger import LedgerWriter


class Interval:
    """What is counted of an interval, and `keys`: those met in it, with the metrics each was bad for.

    New keys and outputs may take half of what was left of the log when it began, so that there is always
    something left for the next one; a known key's first bad events may take half of what remains then.
    """

    __slots__ = ("_canary", "_ledger", "_since", "_stable", "bad_until", "keys", "new_until")

    def __init__(
        self, ledger: LedgerWriter, since: int, keys: dict[int, int], first: int, stable: int, canary: int
    ) -> None:
        """`first` is the interval's first entry, `stable` and `canary` the places of its counters."""
        self._ledger = ledger
        self._since = since
        self._stable = stable
        self._canary = canary
        self.keys = keys
        left = ENTRIES - first
        self.new_until = first + left // 2
        self.bad_until = first + left * 3 // 4

    def count(self, arm: int, bits: int) -> None:
        """Count a request without a key; bit i of `bits` says that it was bad for metric i."""
        counter = self._canary if arm else self._stable
        if not counter:
            self._ledger.say_full()
            return
        words = self._ledger.words
        words[counter + DRAWS] += 1  # first, so that no reader finds more bad ones than draws
        at = counter + BAD_OF
        while bits:
            if bits & 1:
                words[at] += 1
            bits >>= 1
            at += 1

    def note(self, key: int, arm: int, bits: int, at: int) -> bool:
        """Write down what is new about a key; return whether this is its draw. `at` is in milliseconds."""
        known = self.keys.get(key, -1)
        if known >= 0:
            fresh = bits & ~known
            if fresh and self._append(self.bad_until, key, BAD, arm, fresh, at, 0.0):
                self.keys[key] = known | fresh
            return False
        if not self._append(self.new_until, key, DRAW, arm, bits, at, 0.0):
            return False
        self.keys[key] = bits
        return True

    def output(self, key: int, arm: int, at: int, value: float) -> None:
        """Write down a prediction."""
        self._append(self.new_until, key, OUTPUT, arm, 0, at, value)

    def malformed(self) -> None:
        """Count an answer that had no output to be read."""
        self._ledger.malformed()

    def room(self) -> int:
        """Return how many new entries this interval may still have."""
        return self.new_until - self._ledger.used

    def _append(self, until: int, key: int, kind: int, arm: int, bits: int, at: int, value: float) -> bool:
        ledger = self._ledger
        if ledger.used < until and ledger.append(key, facts(self._since, arm, kind, bits), at, value):
            return True
        ledger.say_full()
        return False
