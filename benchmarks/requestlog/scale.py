"""How much each measurement of the request log does."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """How much each row does; durations in seconds, `rate` in requests a second."""

    rounds: int  # of CPU time, of each kind of request
    round_seconds: int
    rate: float  # that is to be sustained
    sustain: int
    overload: int  # rounds of a second
    kills: int
    secrets: int
    asks: int  # queries for one's own answer
    disk: int  # megabytes of the small file system
    full: float  # for how long it is full


FULL = Scale(
    rounds=7,
    round_seconds=3,
    rate=20_000.0,
    sustain=60,
    overload=21,
    kills=100,
    secrets=1_000,
    asks=30,
    disk=400,
    full=5.0,
)
QUICK = Scale(
    rounds=2,
    round_seconds=2,
    rate=4_000.0,
    sustain=5,
    overload=7,
    kills=10,
    secrets=200,
    asks=6,
    disk=400,
    full=2.0,
)
