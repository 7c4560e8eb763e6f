"""A damaged file is told from a sound one, and takes no other with it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.errors import GatewayError
from gateway.requestlog.catalog import Sealed, visible
from gateway.requestlog.damage import damaged, is_readable, is_whole, remedy, unreadable
from gateway.requestlog.engine import writer
from gateway.requestlog.forget import forget
from gateway.requestlog.lake import connect
from gateway.requestlog.merge import merge_step
from gateway.requestlog.places import LogPlaces
from gateway.requestlog.policy import LogPolicy
from gateway.requestlog.query import run
from gateway.requestlog.retention import Known, retention_step
from gateway.requestlog.seal import seal_step
from tests.requestlog.lake_log import ALICE, BEGIN, BOB, DAY, ask, gap, ids, record, sealed_segment, segment

Damage = Callable[[Path], None]


def cut_off(path: Path) -> None:
    """Leave the first hundred bytes."""
    os.truncate(path, 100)


def empty(path: Path) -> None:
    """Leave nothing."""
    os.truncate(path, 0)


def overwrite(path: Path) -> None:
    """Keep the length only."""
    path.write_bytes(b"\x00" * path.stat().st_size)


def bad_footer(path: Path) -> None:
    """Keep the ends, and put nonsense into the footer."""
    data = bytearray(path.read_bytes())
    data[-120:-8] = b"\xff" * 112
    path.write_bytes(data)


def within(path: Path) -> None:
    """Keep beginning and footer, and overwrite rows."""
    data = bytearray(path.read_bytes())
    data[200 : len(data) // 2] = b"\x00" * (len(data) // 2 - 200)
    path.write_bytes(data)


ENDS, FOOTERS = (cut_off, empty, overwrite), (cut_off, empty, overwrite, bad_footer)


def three(places: LogPlaces) -> list[Sealed]:
    """Seal three segments, of Alice, Bob and Alice, and return the files of requests."""
    for number, key in ((0, ALICE), (1000, BOB), (2000, ALICE)):
        sealed_segment(
            places,
            number,
            [record(number + n, key=key, request_body=f"{n * 7919:x}" * 50) for n in range(300)],
        )
    return visible(places).of("requests")


@pytest.mark.parametrize("harm", [*FOOTERS, within])
def test_every_kind_of_damage_is_told(harm: Damage, tmp_path: Path) -> None:
    """The ends tell the most common kinds at once, the footer or the rows the others."""
    sound, broken, _ = three(LogPlaces(tmp_path))
    harm(broken.path)
    assert is_whole(sound.path)
    assert is_whole(broken.path) == (harm not in ENDS)
    with writer() as connection:
        both = [str(sound.path), str(broken.path)]
        assert damaged(connection, both) == (both[1:] if harm in FOOTERS else [])
        assert [is_readable(connection, file) for file in both] == [True, False]


def test_the_remedy_can_be_pasted() -> None:
    """Whatever the path is like."""
    assert remedy("/a b/c") == "restore it from a backup, or remove it: rm '/a b/c'"
    assert str(unreadable(["x", "y"])).splitlines()[1] == f"y cannot be read: {remedy('y')}"


@pytest.mark.parametrize("harm", FOOTERS)
def test_the_views_go_on_without_it(harm: Damage, tmp_path: Path) -> None:
    """It is named, and is a gap of unknown size."""
    places = LogPlaces(tmp_path)
    broken = three(places)[1].path
    harm(broken)
    with connect(places) as lake:
        assert lake.left_out == [broken]
        assert run(lake, "SELECT count(*) FROM requests").rows == [(600,)]
        lost = run(lake, "SELECT epoch_us(since), worker, records, reason FROM gaps").rows
    assert lost == [(BEGIN + 1000 * 1_000_000, None, None, "unreadable")]
    assert len(ids(places, "predictions")) == 900, "that file is sound"


def test_all_of_a_table_may_be_damaged(tmp_path: Path) -> None:
    """Then the view is empty, and has its columns."""
    places = LogPlaces(tmp_path)
    sealed_segment(places, 0, [record(0), gap(1)])
    for file in visible(places).sealed:
        cut_off(file.path)
    assert ask(places, "SELECT id, ts FROM requests") == ask(places, "SELECT id FROM predictions") == []
    assert ask(places, "SELECT reason FROM gaps") == [("unreadable",)]


def test_a_query_over_damaged_rows_names_the_file(tmp_path: Path) -> None:
    """Not as DuckDB was given it; a query of other columns works."""
    places = LogPlaces(tmp_path)
    broken = three(places)[1].path
    within(broken)
    with connect(places) as lake:
        with pytest.raises(GatewayError) as refused:
            run(lake, "SELECT sum(hash(COLUMNS(*))::HUGEINT % 2) FROM requests")
        assert run(lake, "SELECT count(*) FROM requests").rows == [(900,)]
    assert str(refused.value) == f"{broken} cannot be read: {remedy(broken)}"


@pytest.mark.parametrize("harm", [*FOOTERS, within])
def test_a_user_is_forgotten_in_all_other_files(harm: Damage, tmp_path: Path) -> None:
    """The damaged one is named; what is left of it may be theirs."""
    places = LogPlaces(tmp_path)
    broken = three(places)[0].path
    harm(broken)
    found = forget(places, ALICE)
    assert found.unreadable == (str(broken),)
    assert (found.records, found.predictions) == (300, 600)
    assert broken.exists()
    broken.unlink()
    assert ask(places, "SELECT DISTINCT key FROM requests") == [(BOB,)]
    assert forget(places, ALICE).unreadable == ()


@pytest.mark.parametrize("harm", [*FOOTERS, within])
def test_merging_goes_round_it(harm: Damage, tmp_path: Path) -> None:
    """It is not merged over either, so it can be restored; damage found by merging is said afterwards."""
    places = LogPlaces(tmp_path)
    for number in range(5):
        sealed_segment(places, number * 1000, [record(number * 1000 + n) for n in range(300)])
    broken = visible(places).of("requests")[2].path
    sound = broken.read_bytes()
    harm(broken)
    if harm in ENDS:
        assert [(m.table, m.files) for m in merge_step(places, "2025-11-22")] == [
            ("predictions", 5),
            ("requests", 2),
            ("requests", 2),
        ]
    else:
        with pytest.raises(GatewayError, match=r"cannot be read: restore it"):
            merge_step(places, "2025-11-22")
        assert len(visible(places).of("predictions")) == 1
    assert broken in [file.path for file in visible(places).sealed]
    broken.write_bytes(sound)
    assert len(ids(places)) == 1500


@pytest.mark.parametrize("harm", [*FOOTERS, within])
def test_retention_goes_on(harm: Damage, tmp_path: Path) -> None:
    """The damaged file goes too, once no route keeps anything of its day."""
    places = LogPlaces(tmp_path)
    broken = three(places)[1].path
    sealed_segment(places, 2 * DAY // 1_000_000, [record(1, ts=BEGIN + 2 * DAY)])
    harm(broken)
    policies = {"late": LogPolicy(keep=3600.0), "other": LogPolicy(keep=7200.0)}
    first = retention_step(places, policies, BEGIN / 1e6 + 2300 + 3600)
    assert len(first) == 2 + 3, "all of route late, by age"
    assert broken.exists(), "its day is not over"
    later = retention_step(places, policies, (BEGIN + DAY) / 1e6 + 7201)
    assert [expiry.holding.file.path for expiry in later] == [broken]
    assert ids(places) == [1]


def test_retention_says_what_it_cannot_write_anew(tmp_path: Path) -> None:
    """Where a file was damaged after it was last looked at; the others are done."""
    places = LogPlaces(tmp_path)
    for number in (0, 10):
        sealed_segment(places, number, [record(number), record(number + 1, route="other")])
    policies = {"late": LogPolicy(keep=60.0), "other": LogPolicy(keep=7200.0)}
    known = Known()
    assert retention_step(places, policies, BEGIN / 1e6 + 30, known) == []
    broken = visible(places).of("requests")[0].path
    cut_off(broken)
    with pytest.raises(GatewayError) as refused:
        retention_step(places, policies, BEGIN / 1e6 + 3600, known)
    assert str(refused.value) == f"{broken} cannot be read: {remedy(broken)}"
    assert ids(places) == [11]


def test_sealing_goes_on(tmp_path: Path) -> None:
    """A damaged file is no matter of the next one."""
    places = LogPlaces(tmp_path)
    cut_off(three(places)[0].path)
    segment(places, 3000, [record(3000)])
    segment(places, 4000, [record(4000)])
    assert [done.records for done in seal_step(places)] == [1]
    assert len(ids(places)) == 602
