"""Segments become Parquet, and nothing is lost or doubled on the way."""

from __future__ import annotations

import os
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from gateway.files import sync
from gateway.requestlog import engine, seal
from gateway.requestlog.catalog import visible
from gateway.requestlog.columns import COLUMNS
from gateway.requestlog.engine import writer
from gateway.requestlog.lake import connect
from gateway.requestlog.places import LogPlaces
from gateway.requestlog.seal import day_of, seal_step
from gateway.requestlog.views import columns_of
from tests.requestlog.lake_log import BEGIN, DAY, ask, gap, ids, record, segment


def sealed_days(places: LogPlaces, table: str) -> list[str]:
    """Return the days of a table's files."""
    return [file.day for file in visible(places).of(table)]


def test_the_oldest_closed_segments_are_sealed_and_the_newest_stays(tmp_path: Path) -> None:
    """The recorder goes on from the newest one's last mark, even after a death; no record is lost."""
    places = LogPlaces(tmp_path)
    for number in range(3):
        segment(places, number * 10, [record(number * 10 + n) for n in range(5)])
    done = seal_step(places)
    assert [(one.records, one.unreadable, one.days) for one in done] == [(5, 0, ("2025-11-21",))] * 2
    assert len(visible(places).open) == 1
    assert ids(places) == ids(places, "predictions") == [*range(5), *range(10, 15), *range(20, 25)]
    assert seal_step(places) == []


def test_a_sealed_file_has_the_columns_types_and_order_of_the_contract(tmp_path: Path) -> None:
    """As in `COLUMNS`; what the line left out is NULL."""
    places = LogPlaces(tmp_path)
    full = record(1, key="p_x", traced=True, notes=["request_cut"], parameters={"a": 1}, response_body="text")
    segment(places, 0, [record(0), full])
    segment(places, 50, [])
    seal_step(places)
    with connect(places) as lake:
        types = columns_of(lake.connection, "requests")
        row = lake.execute(
            "SELECT * EXCLUDE (ts), epoch_us(ts) FROM requests ORDER BY n DESC LIMIT 1"
        ).fetchone()
    assert types == {
        name: kind.replace("TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE") for name, kind in COLUMNS.items()
    }
    assert row is not None
    assert row[-1] == BEGIN + 1_000_000
    found = dict(zip([name for name in COLUMNS if name != "ts"], row, strict=False))
    assert (found["notes"], found["traced"], found["parameters"]) == (["request_cut"], True, '{"a":1}')
    assert (found["trace_id"], found["key"], found["status"]) == (None, "p_x", 200)


def test_records_keep_their_order(tmp_path: Path) -> None:
    """That of the segment, over many row groups."""
    places = LogPlaces(tmp_path)
    segment(places, 0, [record(n, ts=BEGIN + n // 3, request_body="x" * 200) for n in range(5000)])
    segment(places, 9999, [])
    seal_step(places)
    (file,) = visible(places).of("requests")
    with writer() as connection:
        found = connection.execute(f"SELECT list(n) FROM '{file.path}'").fetchone()
    assert found is not None
    assert found[0] == list(range(5000))


def test_midnight_divides_a_segment(tmp_path: Path) -> None:
    """A file of the same name for each day (UTC), all of which begin to count at once."""
    places = LogPlaces(tmp_path)
    segment(places, 0, [record(n, ts=BEGIN + DAY + (n - 2) * 60_000_000) for n in range(4)])
    segment(places, 9, [])
    (done,) = seal_step(places)
    assert done.days == ("2025-11-21", "2025-11-22")
    assert sealed_days(places, "requests") == sealed_days(places, "predictions") == list(done.days)
    assert len({file.path.name for file in visible(places).sealed}) == 1
    assert ids(places) == ids(places, "predictions") == [0, 1, 2, 3]


def test_broken_lines_are_left_out_and_counted(tmp_path: Path) -> None:
    """Torn, overwritten, without id or a possible time: a gap with the reason `unreadable`, never silence."""
    places = LogPlaces(tmp_path)
    broken: list[Any] = [
        b'{"id":"torn","ts":17\n',
        b"\x00\x00\x00\x00\n",
        b'{"id":"\xff\xfe","ts":1763683200000000}\n',
        {"ts": BEGIN},
        {"id": "b" * 32, "ts": 10**18},
        {"id": "c" * 32, "ts": "noon"},
        [1, 2],
        b"\n",
        b" " * 300 + b"\n",
    ]
    segment(places, 0, [record(0), *broken, gap(5), record(1)])
    segment(places, 9, [])
    (done,) = seal_step(places)
    assert (done.records, done.unreadable) == (2, 7)
    assert ids(places) == [0, 1]
    gaps = ask(places, "SELECT reason, records, worker FROM gaps ORDER BY reason")
    assert gaps == [("ring_full", 5, 0), ("unreadable", 7, None)]
    when = ask(places, "SELECT epoch_us(since), epoch_us(until) FROM gaps WHERE reason = 'unreadable'")
    assert when == [(BEGIN, BEGIN + 1_000_000)]


def test_a_segment_without_records_leaves_nothing(tmp_path: Path) -> None:
    """Marks alone are not worth a file; gaps alone are."""
    places = LogPlaces(tmp_path)
    segment(places, 0, [])
    segment(places, 1, [gap(3, "disk_full")])
    segment(places, 2, [b"{\n"])
    segment(places, 9, [])
    assert [one.records for one in seal_step(places)] == [0, 0, 0]
    assert [file.table for file in visible(places).sealed] == ["gaps", "gaps"]
    assert sorted(ask(places, "SELECT reason, records FROM gaps")) == [("disk_full", 3), ("unreadable", 1)]


def test_what_a_sink_needs_goes_to_the_spool(tmp_path: Path) -> None:
    """From the oldest that is needed on; later it goes from there once no sink needs it."""
    places = LogPlaces(tmp_path)
    names = [segment(places, n, [record(n)]).stem for n in range(4)]
    seal_step(places, needed=names[1])
    assert sorted(path.stem for path in places.spool.iterdir()) == names[1:3]
    assert ids(places) == [0, 1, 2, 3]
    seal_step(places, needed=names[2])
    assert [path.stem for path in places.spool.iterdir()] == names[2:3]
    seal_step(places)
    assert list(places.spool.iterdir()) == []


class Killed(BaseException):
    """Nothing handles it, as nothing handles a SIGKILL."""


def dying_after(steps: int, patched: pytest.MonkeyPatch) -> None:
    """Have the file operations of sealing work so many times, and never again."""
    left = [steps]

    def dying(function: Any) -> Any:
        def wrapped(*arguments: Any, **named: Any) -> Any:
            if left[0] == 0:
                raise Killed
            left[0] -= 1
            return function(*arguments, **named)

        return wrapped

    for module in (engine, seal):
        patched.setattr(module, "sync", dying(sync))
    patched.setattr(os, "replace", dying(os.replace))
    patched.setattr(Path, "unlink", dying(Path.unlink))


def is_killed(places: LogPlaces, steps: int, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Seal, and die after so many steps; tell whether there were so many."""
    with monkeypatch.context() as patched:
        dying_after(steps, patched)
        try:
            seal_step(places)
        except Killed:
            return True
    return False


def test_a_death_at_any_step_loses_and_doubles_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is the last thing done: readers see each record once, and the next attempt ends it."""
    for steps in count():
        places = LogPlaces(tmp_path / str(steps))
        over_midnight = [record(n, ts=BEGIN + DAY + (n - 2) * 1_000_000) for n in range(4)]
        segment(places, 0, [*over_midnight, gap(2)])
        segment(places, 9, [])
        was_killed = is_killed(places, steps, monkeypatch)
        for _ in range(2):
            assert ids(places) == ids(places, "predictions") == [0, 1, 2, 3]
            assert ask(places, "SELECT sum(records) FROM gaps") == [(2,)]
            seal_step(places)
        assert len(visible(places).open) == 1
        assert visible(places).stale == ()
        assert not list(places.folder.rglob("*.tmp"))
        if not was_killed:
            break
    assert steps > 10


def test_a_day_is_that_of_utc() -> None:
    """To the microsecond."""
    assert (day_of(BEGIN - 1), day_of(BEGIN), day_of(0)) == ("2025-11-20", "2025-11-21", "1970-01-01")
