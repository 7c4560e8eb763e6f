"""What a row of the table is: what is done to a gateway that logs, what must hold, what was reached. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.rollouts.row import Figure, Reached, Table, shown

__all__ = ["FULL", "QUICK", "Figure", "Outcome", "Reached", "Row", "Scale", "Table", "shown"]


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


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement, in a `group` that shares a table; `missing` says why it cannot be made here."""

    name: str
    group: str
    what: str
    must: str
    run: Callable[[Scale], Reached]
    missing: Callable[[], str] = str


@dataclass(frozen=True, slots=True)
class Outcome:
    """A row that was run, in so many seconds; `problem` is why it could not be measured."""

    row: Row
    reached: Reached | None
    seconds: float
    problem: str = ""

    @property
    def verdict(self) -> str:
        """met, missed or not measured."""
        if self.reached is None:
            return "not measured"
        return "met" if self.reached.met else "missed"
