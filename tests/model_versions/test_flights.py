"""The data behind the models: times, ranges and the sample that is replayed."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import numpy as np

from model_versions import flights

EXAMPLE = [float(i.example) if isinstance(i.example, int | float) else 0.0 for i in flights.INPUTS]


def _dataset(rows: int) -> flights.Dataset:
    matrix = np.tile(np.array(EXAMPLE), (rows, 1))
    matrix[:, 2] = np.arange(rows)[::-1] % 1440
    return flights.Dataset(
        matrix=matrix,
        late=np.arange(rows) % 2,
        month=np.where(np.arange(rows) < rows // 2, 2, 3),
        day=np.arange(rows) % 28 + 1,
        categories={"carrier": ("UA",), "origin": ("EWR",), "dest": ("ORD",)},
        source="test",
    )


def test_clock_readings_become_minutes() -> None:
    """517 is 05:17, which is 317 minutes after midnight."""
    assert flights.minutes_after_midnight(np.array([0, 517, 2359])).tolist() == [0, 317, 1439]


def test_rows_out_of_range_are_found() -> None:
    """A wind of 1,048 mph is a mistake in the data, and its row is not used."""
    stormy = list(EXAMPLE)
    stormy[[i.name for i in flights.INPUTS].index("wind_speed")] = 1048.36
    assert flights.within_range(np.array([EXAMPLE, stormy])).tolist() == [True, False]


def test_nothing_known_after_departure_is_an_input() -> None:
    """Actual times, delays and air time are known too late to predict from."""
    names = {i.name for i in flights.INPUTS}
    assert not names & {"dep_time", "dep_delay", "arr_time", "arr_delay", "air_time"}


def test_months_are_chosen() -> None:
    """Training and judging see the flights of their own months only."""
    data = _dataset(100)
    matrix, late = data.of_months((3,))
    assert (len(matrix), len(late)) == (50, 50)


def test_the_sample_is_the_same_every_time(tmp_path: Path) -> None:
    """The same seed gives the same bytes, another seed other flights."""
    files = [tmp_path / name for name in ("a.gz", "b.gz", "c.gz")]
    for file, seed in zip(files, (1, 1, 2), strict=True):
        flights.write_sample(_dataset(200), 3, 20, seed, file)
    assert files[0].read_bytes() == files[1].read_bytes() != files[2].read_bytes()


def test_the_sample_is_in_the_order_of_departure(tmp_path: Path) -> None:
    """The flights of one month, each once, by day and scheduled departure, categories as text."""
    data = _dataset(200)
    flights.write_sample(data, 3, 100, 1, tmp_path / "all.gz")
    with gzip.open(tmp_path / "all.gz", "rt", newline="") as table:
        rows = list(csv.DictReader(table))
    of_month = np.flatnonzero(data.month == 3)
    order = sorted(of_month, key=lambda i: (data.day[i], data.matrix[i, 2]))
    assert [int(row["scheduled_departure"]) for row in rows] == [int(data.matrix[i, 2]) for i in order]
    assert [int(row["late"]) for row in rows] == [int(data.late[i]) for i in order]
    assert {row["carrier"] for row in rows} == {"UA"}
