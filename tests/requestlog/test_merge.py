"""Small files become few, and every record stays where readers find it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.requestlog import merge as merging
from gateway.requestlog.catalog import Sealed, visible
from gateway.requestlog.engine import writer
from gateway.requestlog.merge import ENOUGH, LARGEST, MOST, TIERS, Weighed, merge, merge_step, plan_merges
from gateway.requestlog.places import LogPlaces
from tests.requestlog.lake_log import ask, ids, record, sealed_segment, segment

TODAY, LATER = "2025-11-21", "2025-11-22"


def weighed(number: int, size: int = 1000, day: str = TODAY, table: str = "requests") -> Weighed:
    """Return a file of one segment."""
    name = f"{number:019d}"
    return Weighed(Sealed(table, day, name, name, 0, Path(table) / name), size)


def lengths(files: list[Weighed], today: str = TODAY, unsealed: tuple[str, ...] = ()) -> list[int]:
    """Return how many files each planned merge takes."""
    return [len(run) for run in plan_merges(files, unsealed, today)]


def test_a_day_that_lasts_waits_for_enough_neighbours() -> None:
    """Of one table and day, whatever else there is; once it is over, two are enough."""
    few = [weighed(n) for n in range(ENOUGH - 1)]
    assert lengths([*few, weighed(0, table="predictions"), weighed(99, day=LATER)]) == []
    assert lengths([*few, weighed(50)]) == [ENOUGH]
    assert lengths(few, today=LATER) == [ENOUGH - 1]
    assert lengths(few[:1], today=LATER) == []


def test_a_larger_neighbour_is_left_alone_until_there_are_enough_of_its_kind() -> None:
    """So that what is large is not written again for each small one."""
    small = [weighed(n) for n in range(ENOUGH)]
    large = [weighed(100 + n, TIERS[0] + 1) for n in range(ENOUGH - 1)]
    assert lengths([*small, *large]) == [ENOUGH]
    assert lengths([*large, weighed(200, TIERS[0] + 1)]) == [ENOUGH]
    assert lengths([weighed(n, TIERS[-1]) for n in range(ENOUGH)]) == []


def test_no_merge_reaches_over_an_unsealed_segment() -> None:
    """Its own file would seem to be covered by the merged one."""
    files = [weighed(n) for n in range(2 * ENOUGH) if n != ENOUGH]
    assert lengths(files, unsealed=(f"{ENOUGH:019d}",)) == [ENOUGH]
    assert lengths(files) == [2 * ENOUGH - 1]


@given(st.lists(st.integers(1, 2 * LARGEST), max_size=60), st.booleans())
def test_merges_are_of_neighbours_and_not_too_large(sizes: list[int], is_over: bool) -> None:
    """Whatever the sizes: no file is in two merges, none is skipped within one."""
    files = [weighed(n, size) for n, size in enumerate(sizes)]
    runs = plan_merges(files, (), LATER if is_over else TODAY)
    taken = [int(file.first) for run in runs for file in run]
    assert len(taken) == len(set(taken))
    for run in runs:
        places = [int(file.first) for file in run]
        assert places == list(range(places[0], places[0] + len(run)))
        assert len(run) <= MOST
        assert sum(sizes[n] for n in places) <= LARGEST


def test_a_day_ends_up_in_one_file_with_the_same_rows_in_order(tmp_path: Path) -> None:
    """Both tables, with columns that only some files had."""
    places = LogPlaces(tmp_path)
    for number in range(3):
        inputs: dict[str, Any] = {"a": [number], **({"b": ["x"]} if number else {})}
        sealed_segment(places, number * 10, [record(number * 10 + n, inputs=inputs) for n in range(3)])
    before = ask(places, "SELECT * EXCLUDE (ts) FROM predictions ORDER BY id")
    assert merge_step(places, TODAY) == []
    assert [(one.table, one.files) for one in merge_step(places, LATER)] == [
        ("predictions", 3),
        ("requests", 3),
    ]
    assert ask(places, "SELECT * EXCLUDE (ts) FROM predictions") == before
    assert ids(places) == [0, 1, 2, 10, 11, 12, 20, 21, 22]
    assert len(visible(places).sealed) == 2
    assert merge_step(places, LATER) == []


def test_a_death_in_the_middle_shows_nothing_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The merged file counts from the moment it is there; the next step removes the others."""
    places = LogPlaces(tmp_path)
    for number in range(3):
        sealed_segment(places, number, [record(number)])
    with monkeypatch.context() as patched, writer() as connection:
        patched.setattr(Path, "unlink", lambda *_: (_ for _ in ()).throw(OSError("the disk went away")))
        with pytest.raises(OSError, match="went away"):
            merge(connection, visible(places).of("requests"))
    assert ids(places) == [0, 1, 2]
    assert len(visible(places).stale) == 3
    merge_step(places, LATER)
    assert (ids(places), visible(places).stale) == ([0, 1, 2], ())


def test_a_file_that_vanishes_meanwhile_is_passed_over(tmp_path: Path) -> None:
    """Another process was faster."""
    places = LogPlaces(tmp_path)
    sealed_segment(places, 0, [record(0)])
    catalog = visible(places)
    catalog.sealed[0].path.unlink()
    assert [one.file.table for one in merging.weighed(catalog)] == ["requests"]


def test_unsealed_segments_are_not_touched(tmp_path: Path) -> None:
    """And still count beside what was merged."""
    places = LogPlaces(tmp_path)
    for number in (0, 1, 3):
        sealed_segment(places, number, [record(number)])
    segment(places, 2, [record(2)])
    assert {(one.table, one.files) for one in merge_step(places, LATER)} == {
        ("requests", 2),
        ("predictions", 2),
    }
    assert ids(places) == [0, 1, 2, 3]
