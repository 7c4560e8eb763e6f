"""Where each number stands in a ledger: what one worker saw of one rollout.

A file is a page of header, then counters, then a log that only grows. All words are 64 bits, written by one
process only, and 0 where nothing was written yet. The file is sparse: memory is reserved chunk by chunk.
"""

from __future__ import annotations

from typing import Final

MAGIC: Final = 0x6C65_6467_6572_0001
# Words of the header.
PID: Final = 1
KEYED: Final = 2
"""1: the route has sticky keys."""
COUNTERS_USED: Final = 3
ENTRIES_USED: Final = 4
FULL: Final = 5
"""1: something of the newest interval was not counted, because there was no room for it."""
MALFORMED: Final = 6
"""Answers sampled for their outputs in which there was none to be read."""
HEADER_WORDS: Final = 512

METRICS: Final = 8
"""Metrics there may be: errors, then latency quantiles. Bit i of an entry is metric i."""
STABLE: Final = 0
CANARY: Final = 1
"""The arms."""

COUNTERS: Final = 256
"""Counters in a file: one for each arm of each interval."""
COUNTER_WORDS: Final = 16
# Words of a counter; BAD is the first of `METRICS`.
COUNTER_SINCE: Final = 0
COUNTER_ARM: Final = 1
DRAWS: Final = 2
BAD_OF: Final = 3
COUNTERS_AT: Final = HEADER_WORDS

ENTRIES: Final = 262_144
"""Entries in a log."""
ENTRY_WORDS: Final = 4
# Words of an entry. FACTS is since, arm, kind and bits in one; it is written last and never 0.
KEY: Final = 0
FACTS: Final = 1
AT: Final = 2
VALUE: Final = 3
ENTRIES_AT: Final = COUNTERS_AT + COUNTERS * COUNTER_WORDS

DRAW: Final = 1
"""A key's first request in this interval; its bits are the metrics it was bad for."""
BAD: Final = 2
"""The first time in this interval that a key was bad for these metrics, its DRAW apart."""
OUTPUT: Final = 3
"""A prediction (of a key's first request, where there are keys); key 0: none."""

SINCE_SHIFT: Final = 24
ARM_SHIFT: Final = 16
KIND_SHIFT: Final = 8

WORDS: Final = ENTRIES_AT + ENTRIES * ENTRY_WORDS


def facts(since: int, arm: int, kind: int, bits: int) -> int:
    """Return the word that says what an entry is about."""
    return since << SINCE_SHIFT | arm << ARM_SHIFT | kind << KIND_SHIFT | bits
