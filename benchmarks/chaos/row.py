"""What a row of the table is: a fault, what must hold under it, and what was reached. Pure."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """How much each row does. `seconds` is the length of a usual stretch of load."""

    seconds: float
    idle: int
    slow_heads: int
    tunnels: int
    weight_changes: int
    reloads: int
    swaps: int
    readers: int
    storm: int  # requests of the retry storm


FULL = Scale(
    seconds=3.0,
    idle=10_000,
    slow_heads=2_000,
    tunnels=100,
    weight_changes=200,
    reloads=20,
    swaps=5,
    readers=8,
    storm=5_000,
)
QUICK = Scale(
    seconds=1.0,
    idle=1_000,
    slow_heads=200,
    tunnels=20,
    weight_changes=20,
    reloads=2,
    swaps=1,
    readers=2,
    storm=1_000,
)


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
    """What came of a row: requests sent, those not answered as they should be, and the figures."""

    requests: int
    failed: int
    figures: tuple[Figure, ...]
    failures: tuple[str, ...] = ()

    @property
    def met(self) -> bool:
        """Whether every figure is within its bounds."""
        return self.requests > 0 and all(figure.met for figure in self.figures)


@dataclass(frozen=True, slots=True)
class Row:
    """One fault. `run` makes it happen to a gateway of its own and returns what was reached."""

    name: str
    fault: str
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


def shown(value: float | None) -> str:
    """Write a number with as many digits as it deserves: 0, 3.25, 41.2, 1,204."""
    if value is None:
        return ""
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.3g}"
