"""What a row of a table is: what is done to a gateway, what must hold, what was reached. Pure."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Table = tuple[Sequence[str], list[Sequence[str]]]
"""A head and its lines."""
S = TypeVar("S")
"""How much the rows of one kind do."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value. `most` and `least` are what it must not pass; with neither it only informs."""

    what: str
    value: float
    unit: str = ""
    most: float | None = None
    least: float | None = None

    @property
    def met(self) -> bool:
        """Whether the value is within its bounds."""
        low = self.least is None or self.value >= self.least
        return low and (self.most is None or self.value <= self.most)

    def __str__(self) -> str:
        bounds = [f"≤ {shown(self.most)}"] if self.most is not None else []
        bounds += [f"≥ {shown(self.least)}"] if self.least is not None else []
        if bounds and not self.met:
            bounds.append("missed")
        said = f" ({', '.join(bounds)})" if bounds else ""
        return f"{self.what} {shown(self.value)}{self.unit}{said}"


@dataclass(frozen=True, slots=True)
class Reached:
    """What came of a row: requests sent, those not answered as they should be, the figures, and more.

    `said` is what the gateway said of it; `notes` are sentences below the table, `tables` stand there too.
    """

    requests: int
    failed: int
    figures: tuple[Figure, ...]
    said: str = ""
    notes: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()

    @property
    def met(self) -> bool:
        """Whether something was sent, and every figure is within its bounds."""
        return self.requests > 0 and all(figure.met for figure in self.figures)


@dataclass(frozen=True, slots=True)
class Row(Generic[S]):
    """One measurement, in a `group` that shares a table.

    `run` does it to a gateway of its own, in an event loop where it is a coroutine; `missing` says why it
    cannot be done here, "" where it can.
    """

    name: str
    group: str
    what: str
    must: str
    run: Callable[[S], Reached | Awaitable[Reached]]
    missing: Callable[[], str] = lambda: ""


@dataclass(frozen=True, slots=True)
class Outcome(Generic[S]):
    """A row that was run, in so many seconds; `problem` is why it could not be measured."""

    row: Row[S]
    reached: Reached | None
    seconds: float
    problem: str = ""

    @property
    def verdict(self) -> str:
        """met, missed or not measured."""
        if self.reached is None:
            return "not measured"
        return "met" if self.reached.met else "missed"


def shown(value: float | None) -> str:
    """Write a number with as many digits as it deserves: 0, 3.25, 41.2, 1,204."""
    if value is None:
        return ""
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.3g}"
