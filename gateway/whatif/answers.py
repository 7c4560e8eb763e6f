"""What a version answered, row by row, and how far two versions agree; numbers only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

QUANTILES = (0.5, 0.9, 0.99)


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers of one version: `yes` is the class, `p` its probability, NaN where it is not known."""

    p: Floats
    yes: Flags

    def __len__(self) -> int:
        return len(self.yes)

    def where(self, chosen: Flags) -> Answers:
        """Return those of some rows."""
        return Answers(self.p[chosen], self.yes[chosen])

    @property
    def has_p(self) -> bool:
        """Tell whether every row has a probability."""
        return len(self.p) > 0 and bool(np.isfinite(self.p).all())


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two versions agree on the same rows; shares are fractions, None where nothing can be said.

    `to_yes` and `to_no` are the shares that change their class, from the first version to the second;
    `mean` is the mean of the second's probability minus the first's, `absolute` that of its size, `quantiles`
    those of its size.
    """

    rows: int
    same: float | None
    to_yes: float | None
    to_no: float | None
    mean: float | None
    absolute: float | None
    quantiles: dict[str, float]
    largest: float | None
    correlation: float | None


def agreement(first: Answers, second: Answers) -> Agreement:
    """Compare two versions on the same rows, in the same order."""
    rows = len(first)
    if not rows:
        return Agreement(0, None, None, None, None, None, {}, None, None)
    to_yes, to_no = float(np.mean(~first.yes & second.yes)), float(np.mean(first.yes & ~second.yes))
    same = float(np.mean(first.yes == second.yes))
    if not (first.has_p and second.has_p):
        return Agreement(rows, same, to_yes, to_no, None, None, {}, None, None)
    moved = second.p - first.p
    size = np.abs(moved)
    found = np.quantile(size, QUANTILES)
    return Agreement(
        rows,
        same,
        to_yes,
        to_no,
        float(moved.mean()),
        float(size.mean()),
        {f"{q:g}": float(value) for q, value in zip(QUANTILES, found, strict=True)},
        float(size.max()),
        _correlation(first.p, second.p),
    )


def _correlation(one: Floats, other: Floats) -> float | None:
    """Return Pearson's, None where one of them always answers the same."""
    a, b = one - one.mean(), other - other.mean()
    size = float(np.sqrt(a @ a) * np.sqrt(b @ b))
    return float(np.clip(a @ b / size, -1.0, 1.0)) if size > _NOTHING * len(one) else None


_NOTHING = 1e-15


def differences(first: Answers, second: Answers) -> Floats:
    """Return how far apart they are, row by row: of probabilities, else 1 where the classes differ."""
    if first.has_p and second.has_p:
        return second.p - first.p
    found: NDArray[Any] = second.yes.astype(np.float64) - first.yes.astype(np.float64)
    return np.asarray(found, dtype=np.float64)
