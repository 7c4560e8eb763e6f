"""What a ledger says once it is read: plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Entry(NamedTuple):
    """One line of the log; `kind` is DRAW, BAD or OUTPUT of `ledger_layout`, and so are arms and bits.

    `at` is CLOCK_MONOTONIC in milliseconds, `value` the prediction of an OUTPUT.
    """

    key: int
    since: int
    arm: int
    kind: int
    bits: int
    at: int
    value: float


@dataclass(frozen=True, slots=True)
class Counter:
    """Requests without a key that one arm took in one interval, and those bad for each metric (8)."""

    since: int
    arm: int
    draws: int
    bad: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Ledger:
    """What one worker wrote so far; `entries` are those from the one asked for up to `used`.

    `full`: something of the newest interval was not counted for want of room. `malformed` answers were looked
    into for an output and had none. Where `used` is less than the entry asked for, the file was made anew.
    """

    pid: int
    keyed: bool
    full: bool
    malformed: int
    used: int
    counters: tuple[Counter, ...]
    entries: tuple[Entry, ...]
