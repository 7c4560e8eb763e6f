"""`python -m benchmarks.demo_year_flights FILE`: writes the flights of the year for the demo to replay.

Apart from the demo itself because the data set and pandas live in the environment of training (`make train`).
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from model_versions import flights

YEAR = 2013


@dataclass(frozen=True, slots=True)
class Year:
    """The usable flights of a year, in the order of their scheduled departure; `day` is 0 on 1 January."""

    data: flights.Dataset
    day: NDArray[np.int64]

    def of_days(self, days: NDArray[np.int64]) -> Year:
        """Return the year with these days (a permutation of all) in this order; each keeps its flights."""
        place = np.argsort(days)[self.day]
        order = np.argsort(place, kind="stable")
        return Year(_taken(self.data, order), place[order])

    def shuffled(self, dice: Generator) -> Year:
        """Return the year with its days in random order, each under the month of its new place."""
        mixed = self.of_days(dice.permutation(int(self.day[-1]) + 1))
        dates = [date(YEAR, 1, 1) + timedelta(days=day) for day in mixed.day.tolist()]
        months, days = (np.array(part) for part in zip(*((it.month, it.day) for it in dates), strict=True))
        return replace(mixed, data=replace(mixed.data, month=months, day=days))

    def rows(self, first: int, last: int) -> NDArray[np.int64]:
        """Return the rows of the days from `first` up to before `last`."""
        return np.flatnonzero((self.day >= first) & (self.day < last))


def save(data: flights.Dataset, file: Path) -> None:
    """Write the flights, sorted by day and scheduled departure."""
    departure = data.matrix[:, [spec.name for spec in flights.INPUTS].index("scheduled_departure")]
    data = _taken(data, np.lexsort((departure, data.day, data.month)))
    columns: dict[str, Any] = {
        f"categories_{name}": np.array(known) for name, known in data.categories.items()
    }
    columns |= {"matrix": data.matrix, "late": data.late, "month": data.month, "day": data.day}
    with file.open("wb") as out:
        np.savez_compressed(out, **columns)


def load(file: Path) -> Year:
    """Read what `save` wrote."""
    with np.load(file) as found:
        categories = {name: tuple(found[f"categories_{name}"].tolist()) for name in flights.CATEGORICAL}
        data = flights.Dataset(found["matrix"], found["late"], found["month"], found["day"], categories, "")
    first = date(YEAR, 1, 1).toordinal()
    pairs = zip(data.month.tolist(), data.day.tolist(), strict=True)
    return Year(data, np.array([date(YEAR, month, day).toordinal() - first for month, day in pairs]))


def _taken(data: flights.Dataset, rows: NDArray[np.int64]) -> flights.Dataset:
    return replace(
        data, matrix=data.matrix[rows], late=data.late[rows], month=data.month[rows], day=data.day[rows]
    )


def main() -> None:
    """Read the data set and write the file."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.demo_year_flights", description=__doc__)
    parser.add_argument("file", type=Path)
    save(flights.load(), parser.parse_args().file)


if __name__ == "__main__":
    main()
