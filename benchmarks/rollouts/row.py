"""What a row of the tables is: a version or an event, what must hold, and what was reached. Pure."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from benchmarks.chaos.row import Figure, shown

__all__ = ["FULL", "QUICK", "Figure", "Outcome", "Reached", "Row", "Scale", "shown"]

Table = tuple[Sequence[str], list[Sequence[str]]]


@dataclass(frozen=True, slots=True)
class Scale:
    """How much each row does; `rate` in requests a second, `patience` in seconds until a verdict."""

    rate: float
    patience: float
    kills: int
    runs: int


FULL = Scale(rate=400.0, patience=60.0, kills=100, runs=8)
QUICK = Scale(rate=400.0, patience=60.0, kills=12, runs=4)


@dataclass(frozen=True, slots=True)
class Reached:
    """What came of a row: requests sent, bad answers, the figures, what the gateway said of it, and more.

    `notes` are sentences below the table, `tables` stand there too.
    """

    requests: int
    bad: int
    figures: tuple[Figure, ...]
    said: str = ""
    notes: tuple[str, ...] = ()
    tables: tuple[Table, ...] = field(default=())

    @property
    def met(self) -> bool:
        """Whether every figure is within its bounds."""
        return self.requests > 0 and all(figure.met for figure in self.figures)


@dataclass(frozen=True, slots=True)
class Row:
    """One version or event, in a `group` that shares a table."""

    name: str
    group: str
    what: str
    must: str
    run: Callable[[Scale], Awaitable[Reached]]


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
