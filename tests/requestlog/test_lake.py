"""The log as tables, locked against everything else."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import duckdb
import pytest

from gateway.requestlog import lake as opening
from gateway.requestlog import views
from gateway.requestlog.catalog import visible
from gateway.requestlog.engine import writer
from gateway.requestlog.forget import forget
from gateway.requestlog.lake import VIEWS, connect
from gateway.requestlog.merge import merge_step
from gateway.requestlog.places import LogPlaces
from gateway.requestlog.query import run
from gateway.requestlog.seal import seal, seal_step
from tests.requestlog.lake_log import (
    ALICE,
    BEGIN,
    BOB,
    MARK,
    ask,
    gap,
    ids,
    line,
    open_below,
    record,
    sealed_segment,
    segment,
)


def test_a_log_that_does_not_exist_is_empty(tmp_path: Path) -> None:
    """All views are there."""
    with connect(LogPlaces(tmp_path / "none")) as lake:
        for view in VIEWS:
            assert lake.execute(f"SELECT count(*) FROM {view}").fetchone() == (0,)


def test_sealed_files_and_open_segments_are_one_table(tmp_path: Path) -> None:
    """Each record once; a column that only some have is NULL in the others."""
    places = LogPlaces(tmp_path)
    sealed_segment(places, 0, [record(0, inputs={"a": [1]}), gap(2)])
    segment(places, 5, [record(5, inputs={"b": [2.5]}), gap(3)])
    assert ids(places) == ids(places, "predictions") == [0, 5]
    assert ask(places, "SELECT a, b FROM predictions ORDER BY id") == [(1, None), (None, 2.5)]
    assert ask(places, "SELECT sum(records) FROM gaps") == [(5,)]


def test_the_torn_last_line_is_passed_over(tmp_path: Path) -> None:
    """The recorder may be writing it at this moment."""
    places = LogPlaces(tmp_path)
    path = segment(places, 0, [record(0)])
    with path.open("ab") as file:
        file.write(line(record(1))[:-30])
    assert ids(places) == ids(places, "predictions") == [0]


def test_times_compare_with_now(tmp_path: Path) -> None:
    """As in `ts > now() - INTERVAL 5 minutes`; the zone is UTC whatever the machine's is."""
    places = LogPlaces(tmp_path)
    now = time.time_ns() // 1000
    sealed_segment(places, 0, [record(0, ts=now - 60_000_000), record(1, ts=now - 301_000_000)])
    segment(places, 5, [record(5, ts=now), record(6, ts=now - 86_400_000_000)])
    sql = "SELECT id::VARCHAR FROM requests WHERE ts > now() - INTERVAL 5 minutes ORDER BY 1"
    assert [int(row[0], 16) for row in ask(places, sql)] == [0, 5]
    script = (
        "import sys; from pathlib import Path; from gateway.requestlog.lake import connect\n"
        "from gateway.requestlog.places import LogPlaces\n"
        "with connect(LogPlaces(Path(sys.argv[1]))) as lake:\n"
        "    print(lake.execute(\"SELECT hour(make_timestamptz(0)), date_trunc('day', make_timestamptz(1))"
        '::VARCHAR").fetchone())'
    )
    told = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        env={**os.environ, "TZ": "America/New_York"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip() == "(0, '1970-01-01 00:00:00+00')"


@pytest.mark.parametrize("unit", ["second", "minute", "hour", "day", "week", "month", "quarter", "year"])
def test_date_trunc_is_what_duckdb_says_it_is(unit: str, tmp_path: Path) -> None:
    """Ours is only faster."""
    times = "SELECT make_timestamptz(i * 12345678901) AS t FROM range(-5000, 5000) AS numbers(i)"
    ours, theirs = f"date_trunc('{unit}', t)", f"system.main.date_trunc('{unit}', t)"
    differing = f"SELECT count(*) FROM ({times}) WHERE {ours} IS DISTINCT FROM {theirs}"
    found = ask(LogPlaces(tmp_path), differing)
    assert found == [(0,)]


@pytest.mark.parametrize("value", ["INTERVAL 40 DAY", "DATE '2026-03-05'", "TIMESTAMP '2026-03-05 01:02:03'"])
def test_date_trunc_of_other_types_is_that_of_duckdb(value: str, tmp_path: Path) -> None:
    """A length of time stays one, a plain time gets no zone."""
    ours, theirs = f"date_trunc('hour', {value})", f"system.main.date_trunc('hour', {value})"
    assert ask(LogPlaces(tmp_path), f"SELECT typeof({ours}) = typeof({theirs}), {ours} = {theirs}") == [
        (True, True)
    ]


def test_a_query_goes_on_while_its_files_are_replaced(tmp_path: Path) -> None:
    """It sees the log as it was when it was connected to."""
    places = LogPlaces(tmp_path)
    sealed_segment(places, 0, [record(0, key=ALICE)])
    sealed_segment(places, 1, [record(1)])
    path = segment(places, 2, [record(2)])
    with connect(places) as lake:
        merge_step(places, "2099-01-01")
        forget(places, ALICE)
        with writer() as connection:
            seal(places, path, connection)
        assert lake.execute("SELECT count(*) FROM requests").fetchone() == (3,)
        assert lake.execute("SELECT count(month) FROM predictions").fetchone() == (3,)
    assert ids(places) == [1, 2]


def test_readers_never_miss_or_double_a_record(tmp_path: Path) -> None:
    """While another thread seals, merges and forgets all the time."""
    places = LogPlaces(tmp_path)
    for number in range(12):
        segment(places, number * 10, [record(number * 10 + n, key=(ALICE, BOB)[n % 2]) for n in range(4)])
    stays = sorted(number * 10 + n for number in range(12) for n in (1, 3))
    over = threading.Event()
    trouble: list[BaseException] = []

    def keeper() -> None:
        try:
            for number in range(12):
                seal_step(places, most=1)
                if number % 3 == 2:
                    merge_step(places, "2099-01-01")
            forget(places, ALICE)
        except BaseException as error:
            trouble.append(error)
        finally:
            over.set()

    thread = threading.Thread(target=keeper)
    thread.start()
    looks = 0
    while not over.is_set() or looks < 3:
        for view in ("requests", "predictions"):
            found = ids(places, view)
            assert len(found) == len(set(found))
            assert set(stays) <= set(found)
        looks += 1
    thread.join(30.0)
    assert trouble == []
    assert ids(places) == stays


def test_many_files_are_opened_in_moments(tmp_path: Path) -> None:
    """More than a process may usually have open; only the time is not checked exactly."""
    places = LogPlaces(tmp_path)
    sealed_segment(places, 0, [record(0)])
    for file in visible(places).sealed:
        for number in range(1, 1200):
            name = f"{int(file.first) + number:019d}"
            os.link(file.path, file.path.with_name(f"{name}-{name}.0.parquet"))
    begun = time.monotonic()
    with connect(places, wanted="predictions") as lake:
        assert time.monotonic() - begun < 60.0
        assert lake.execute("SELECT count(*) FROM requests").fetchone() == (1200,)
        assert lake.execute("SELECT count(month) FROM predictions").fetchone() == (1200,)


def test_descriptors_are_given_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By closing, and where connecting fails."""
    places = LogPlaces(tmp_path)
    sealed_segment(places, 0, [record(0)])
    for _ in range(5):
        ids(places)
    visible(places).of("requests")[0].path.write_bytes(b"no Parquet")
    assert ids(places) == []
    monkeypatch.setattr(opening, "_DATE_TRUNC", "nonsense")
    with pytest.raises(duckdb.Error):
        connect(places)
    assert open_below(tmp_path) == []


def test_only_what_a_query_names_is_prepared(tmp_path: Path) -> None:
    """Reading open segments for the columns of `predictions` takes time that others need not wait for."""
    places = LogPlaces(tmp_path)
    segment(places, 0, [record(0)])

    def prepared(wanted: str) -> set[str]:
        with connect(places, wanted=wanted) as lake:
            return {row[0] for row in lake.execute("SHOW TABLES").fetchall()} & set(VIEWS)

    assert prepared("SELECT 1 FROM requests") == {"requests"}
    assert prepared("FROM Predictions, Revisions") == {"requests", "revisions", "predictions"}
    assert prepared("FROM gaps") == {"requests", "gaps"}
    assert prepared("FROM quality") == {"requests", "predictions", "labels", "quality"}
    assert prepared("") == prepared("SELECT table_name FROM duckdb_columns()") == set(VIEWS)


def test_labels_that_come_while_it_is_opened_are_seen_by_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that was made since the others were opened must not spoil the query."""
    places = LogPlaces(tmp_path)
    segment(places, 0, [record(1)])
    make = views.predictions_view

    def late(*given: Any) -> str:
        places.labels.mkdir(exist_ok=True)
        label = {"id": f"{1:032x}", "row": 0, "label": "1", "value": 1.0, "received": 1}
        (places.labels / "2025-11-21T00.ndjson").write_bytes(line(label))
        return make(*given)

    monkeypatch.setattr(opening, "predictions_view", late)
    assert ask(places, "SELECT count(*) FROM labels") == [(0,)]
    assert ask(places, "SELECT count(*) FROM labels") == [(1,)]


def test_encrypted_fields_can_be_read_with_the_key(tmp_path: Path) -> None:
    """`decrypt(value, field)` is there where a key is; NULL stays NULL."""
    with connect(LogPlaces(tmp_path), decrypt=lambda value, field: f"{field}:{value[::-1]}") as lake:
        sql = "SELECT decrypt(x, 'name') FROM (VALUES ('abc'), (NULL)) AS v(x)"
        assert run(lake, sql).rows == [("name:cba",), (None,)]


def test_what_is_appended_is_seen_at_once(tmp_path: Path) -> None:
    """By the next connection; the recorder writes each 50 ms."""
    places = LogPlaces(tmp_path)
    path = segment(places, 0, [])
    with path.open("ab") as file:
        file.write(line(record(1)) + MARK)
        file.flush()
        assert ids(places) == ids(places, "predictions") == [1]


def test_labels_find_their_predictions(tmp_path: Path) -> None:
    """The views of labels are there, over sealed files and segments."""
    places = LogPlaces(tmp_path)
    sealed_segment(places, 0, [record(0)])
    segment(places, 5, [record(5)])
    places.labels.mkdir()
    told = [{"id": f"{n:032x}", "row": 0, "label": "0", "value": 0.0, "received": BEGIN} for n in (0, 5)]
    (places.labels / "2025-11-22T00.ndjson").write_bytes(b"".join(line(one) for one in told))
    assert ask(places, "SELECT count(*) FROM labels") == [(2,)]
    joined = "SELECT count(*) FROM predictions p JOIN labels l ON l.id = p.id WHERE p.late = (l.value = 1)"
    assert ask(places, joined) == [(2,)]
    assert ask(places, "SELECT count(*) FROM labelled") == [(2,)]
