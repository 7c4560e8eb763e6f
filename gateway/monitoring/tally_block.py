"""One tally of a worker's file: what became of the requests of one route, service and interval.

The small methods are on the request path: they do nothing but arithmetic on shared memory.
"""

from __future__ import annotations

from gateway.monitoring import tally_layout as layout
from gateway.monitoring.tally_layout import BLOCK_WORDS, OUTCOMES
from gateway.statistics.histogram import BUCKETS


class Block:
    """Where one tally is written; the places of its words are known before the first request."""

    __slots__ = (
        "attempts",
        "base",
        "first",
        "first_microseconds",
        "histogram",
        "microseconds",
        "outcomes",
        "retries",
        "words",
    )

    def __init__(self, words: memoryview, index: int) -> None:
        self.words = words
        self.base = index * BLOCK_WORDS
        self.outcomes = self.base + layout.FIRST_OUTCOME
        self.attempts = self.base + layout.ATTEMPTS
        self.microseconds = self.base + layout.MICROSECONDS
        self.retries = self.base + layout.RETRIES
        self.histogram = self.base + layout.HISTOGRAM
        self.first = self.base + layout.FIRST_BYTE
        self.first_microseconds = self.base + layout.FIRST_BYTE_MICROSECONDS

    def count(self, outcome: int) -> None:
        """Count an outcome that has no latency worth keeping."""
        self.words[self.outcomes + outcome] += 1

    def attempted(self) -> None:
        """Count a request sent to a replica: the first try and every further one."""
        self.words[self.attempts] += 1

    def retried(self) -> None:
        """Count a further try; it is counted as an attempt besides."""
        self.words[self.retries] += 1

    def first_byte(self, microseconds: int) -> None:
        """Count the time from a request's first byte to the first byte of its answer."""
        if microseconds < 0:  # a clock gone back
            microseconds = 0
        octave = microseconds.bit_length() - layout.OCTAVE_SHIFT
        if octave < 0:
            octave = 0
        elif octave >= layout.OCTAVES:
            octave = layout.OCTAVES - 1
        words = self.words
        words[self.first_microseconds] += microseconds
        words[self.first + octave] += 1

    def snapshot(self, now_ms: int) -> None:
        """Move the older snapshot up to now."""
        words, base = self.words, self.base
        which = 0 if words[base + layout.SNAPSHOTS[0]] <= words[base + layout.SNAPSHOTS[1]] else 1
        at = base + layout.SNAPSHOTS[which]
        octaves_at = base + layout.FIRST_BYTE_SNAPSHOTS[which]
        words[at] = now_ms
        words[at + 1 : at + 1 + len(OUTCOMES)] = words[self.outcomes : self.outcomes + len(OUTCOMES)]
        words[at + layout.SNAPSHOT_ATTEMPTS] = words[self.attempts]
        words[at + layout.SNAPSHOT_RETRIES] = words[self.retries]
        words[at + 12 : at + layout.SNAPSHOT_WORDS] = words[self.histogram : self.histogram + BUCKETS]
        words[octaves_at : octaves_at + layout.OCTAVES] = words[self.first : self.first + layout.OCTAVES]

    def fold_into(self, other: Block, now_ms: int) -> None:
        """Add this tally to another of its series, as past rather than recent, and start from nothing."""
        words = self.words
        for at, targets, length in _FOLDED:
            for target in targets:
                for i in range(length):
                    words[other.base + target + i] += words[self.base + at + i]
        for i in range(layout.FIRST_OUTCOME, BLOCK_WORDS):
            words[self.base + i] = 0
        for snapshot in layout.SNAPSHOTS:
            words[self.base + snapshot] = now_ms


_FOLDED = (
    (
        layout.FIRST_OUTCOME,
        (layout.FIRST_OUTCOME, *(at + 1 for at in layout.SNAPSHOTS)),
        len(OUTCOMES),
    ),
    (layout.HISTOGRAM, (layout.HISTOGRAM, *(at + 12 for at in layout.SNAPSHOTS)), BUCKETS),
    (layout.FIRST_BYTE, (layout.FIRST_BYTE, *layout.FIRST_BYTE_SNAPSHOTS), layout.OCTAVES),
    (layout.ATTEMPTS, (layout.ATTEMPTS, *(at + layout.SNAPSHOT_ATTEMPTS for at in layout.SNAPSHOTS)), 1),
    (layout.RETRIES, (layout.RETRIES, *(at + layout.SNAPSHOT_RETRIES for at in layout.SNAPSHOTS)), 1),
    (layout.MICROSECONDS, (layout.MICROSECONDS,), 1),
    (layout.FIRST_BYTE_MICROSECONDS, (layout.FIRST_BYTE_MICROSECONDS,), 1),
)
"""Words of a block, where they are added in the other one (its snapshots too), and how many they are."""
