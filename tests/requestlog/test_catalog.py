"""Which files count: each record in exactly one."""

from __future__ import annotations

import threading
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import GatewayError
from gateway.requestlog.catalog import Sealed, exclusive, file_name, segments_in, sort_out, sweep, visible
from gateway.requestlog.places import LogPlaces

NAMES = [f"{number:019d}" for number in range(8)]


def sealed(first: int, last: int, generation: int = 0, table: str = "requests") -> Sealed:
    """Return a sealed file of one day."""
    name = file_name(NAMES[first], NAMES[last], generation)
    return Sealed(table, "2025-11-21", NAMES[first], NAMES[last], generation, Path(table) / name)


def put(places: LogPlaces, file: Sealed) -> Path:
    """Make the file, empty, where it belongs."""
    folder = places.folder / file.table / f"day={file.day}"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / file.path.name
    path.touch()
    return path


def test_an_open_segment_counts_and_what_it_was_sealed_to_does_not() -> None:
    """Until its removal, which is the one step by which all its files begin to count."""
    files = [sealed(0, 0), sealed(1, 1), sealed(1, 1, table="predictions")]
    before = sort_out([Path(f"{NAMES[1]}.ndjson")], files)
    assert [(f.table, f.first) for f in before.sealed] == [("requests", NAMES[0])]
    assert len(before.stale) == 2
    after = sort_out([], files)
    assert (set(after.sealed), after.stale) == (set(files), ())


def test_a_merged_file_replaces_what_it_covers_of_its_day_and_table() -> None:
    """Of the same segments the highest generation counts; another table or day is not touched."""
    merged, again = sealed(0, 3, 1), sealed(0, 3, 2)
    small = [sealed(n, n) for n in range(4)]
    other = [sealed(2, 2, table="predictions"), sealed(4, 4)]
    found = sort_out([], [*small, merged, again, *other])
    assert set(found.sealed) == {again, *other}
    assert set(found.stale) == {merged, *small}


@st.composite
def histories(draw: st.DrawFn) -> list[set[Sealed]]:
    """Return the files after each step of merges and rewrites, in the order in which they appear and go."""
    files = {sealed(n, n) for n in range(8)}
    steps = [set(files)]
    for _ in range(draw(st.integers(0, 4))):
        ordered = sorted(files)
        first = draw(st.integers(0, len(ordered) - 1))
        run = ordered[first : first + draw(st.integers(1, 4))]
        generation = max(f.generation for f in run) + (1 if len(run) == 1 else 0)
        made = Sealed(*(run[0].table, run[0].day, run[0].first, run[-1].last, generation, Path()))
        files.add(made)
        steps.append(set(files))
        for old in run:
            files.discard(old)
            steps.append(set(files))
    return steps


@given(histories())
def test_each_segment_is_covered_once_at_every_step(steps: list[set[Sealed]]) -> None:
    """Whichever of the files of a merge or rewrite are there at a moment."""
    for files in steps:
        counted = sort_out([], sorted(files)).sealed
        for name in NAMES:
            assert sum(file.covers(name) for file in counted) == 1
        assert all(one.last < other.first for one, other in pairwise(sorted(counted)))


def test_a_listing_that_changes_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that took another's place while the folder was read is not missed."""
    places = LogPlaces(tmp_path)
    old, new = sealed(0, 0), sealed(0, 0, 1)
    gone = put(places, old)
    listed: list[int] = []

    def while_listing(folder: Path) -> list[Path]:
        if not listed:
            put(places, new)
            gone.unlink()
        listed.append(1)
        return segments_in(folder)

    monkeypatch.setattr("gateway.requestlog.catalog.segments_in", while_listing)
    assert [file.generation for file in visible(places).sealed] == [1]


def test_other_names_are_not_looked_at(tmp_path: Path) -> None:
    """What is unfinished or not of the log; a log that does not exist yet is empty."""
    places = LogPlaces(tmp_path / "log")
    assert [*visible(places).open, *visible(places).sealed] == []
    path = put(places, sealed(0, 1))
    for name in (f".{path.name}.tmp", "notes.parquet", "x-y.0.parquet", f"{NAMES[0]}-{NAMES[1]}.z.parquet"):
        path.with_name(name).touch()
    places.open.mkdir()
    for name in ("1.ndjson", f"{NAMES[0]}.txt", f"{'x' * 19}.ndjson"):
        (places.open / name).touch()
    found = visible(places)
    assert (found.open, [file.path for file in found.of("requests")]) == ((), [path])


def test_sweeping_removes_what_no_reader_looks_at(tmp_path: Path) -> None:
    """Unfinished files and replaced ones; what counts stays."""
    places = LogPlaces(tmp_path)
    stays = put(places, sealed(0, 2, 1))
    goes = [put(places, sealed(1, 1)), stays.with_name(".new.tmp")]
    goes[1].touch()
    assert sweep(places) == 2
    assert [stays.exists(), *(path.exists() for path in goes)] == [True, False, False]


def test_only_one_may_rewrite_at_a_time(tmp_path: Path) -> None:
    """The next one waits for its turn, and says so where that takes too long."""
    places = LogPlaces(tmp_path / "log")
    entered, leave = threading.Event(), threading.Event()

    def first() -> None:
        with exclusive(places):
            entered.set()
            leave.wait(60.0)

    thread = threading.Thread(target=first)
    thread.start()
    assert entered.wait(60.0)
    with (
        pytest.raises(GatewayError, match="another process has been rewriting"),
        exclusive(places, patience=0.05),
    ):
        raise AssertionError("two at a time")
    leave.set()
    with exclusive(places):
        thread.join(10.0)
