"""Labels that are erased: those of a user, and those that are too old."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from gateway.errors import GatewayError
from gateway.requestlog.damage import remedy
from gateway.requestlog.label_lines import Label
from gateway.requestlog.labels import LabelStore
from gateway.requestlog.labels_forget import expire_labels, forget_labels
from gateway.requestlog.labels_seal import label_files, reading, seal_labels
from gateway.requestlog.places import LogPlaces
from gateway.requestlog.secrets import Secrets

NOW = 1_795_248_000.0
ALICE = "p_" + "a" * 24


def identity(number: int) -> str:
    """Return the id of the n-th request."""
    return f"{number:032x}"


@pytest.fixture
def places(tmp_path: Path) -> LogPlaces:
    """A log with the labels of four requests and of two keys, one of them Alice's."""
    found = LogPlaces(tmp_path)
    labels = [Label(identity(n), 0, "", "", "1", 1.0) for n in range(4)]
    labels += [Label("", 0, "late", key, "1", 1.0) for key in (ALICE, "p_" + "b" * 24)]
    LabelStore(found, Secrets(b"k" * 32), {}, lambda: NOW).append(labels)
    return found


def seal(places: LogPlaces) -> None:
    """Make Parquet of what there is."""
    with duckdb.connect() as connection:
        seal_labels(places, connection, NOW + 7200)


def left(places: LogPlaces) -> set[str]:
    """Return whose labels there still are."""
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"SELECT coalesce(id, key) FROM ({reading(label_files(places))})"
        ).fetchall()
    return {row[0] for row in rows}


@pytest.mark.parametrize("is_sealed", [False, True])
def test_labels_of_a_users_requests_go_and_no_other(places: LogPlaces, is_sealed: bool) -> None:
    """By the ids of the requests, and by the user's own key; from lines and from Parquet."""
    if is_sealed:
        seal(places)
    assert forget_labels(places, ALICE, [identity(1), identity(3)]) == 3
    assert left(places) == {identity(0), identity(2), "p_" + "b" * 24}
    assert forget_labels(places, ALICE, [identity(1), identity(3)]) == 0
    for path in label_files(places):
        assert ALICE.encode() not in path.read_bytes()
        assert identity(3).encode() not in path.read_bytes()


@pytest.mark.parametrize("is_sealed", [False, True])
def test_labels_by_the_users_own_key_go(places: LogPlaces, is_sealed: bool) -> None:
    """Where the route's key is kept as it came."""
    LabelStore(places, Secrets(b"k" * 32), {}, lambda: NOW).append(
        [Label("", 0, "late", "alice's", "1", 1.0)]
    )
    if is_sealed:
        seal(places)
    assert forget_labels(places, "p_" + "c" * 24, [], key="alice's") == 1
    assert len(left(places)) == 6


def test_lines_keep_their_places(places: LogPlaces) -> None:
    """Whoever appends meanwhile does so behind them."""
    [path] = label_files(places)
    size = path.stat().st_size
    forget_labels(places, ALICE, [identity(0)])
    assert path.stat().st_size == size
    labels = LabelStore(places, Secrets(b"k" * 32), {}, lambda: NOW)
    labels.append([Label(identity(9), 0, "", "", "1", 1.0)])
    assert json.loads(path.read_bytes()[size:])["id"] == identity(9)


def test_a_torn_line_of_the_user_goes_too(places: LogPlaces) -> None:
    """Nobody would read it, but it is there."""
    [path] = label_files(places)
    with path.open("ab") as torn:
        torn.write(b'{"route":"late","key":"' + ALICE.encode())
    forget_labels(places, ALICE, [])
    assert ALICE.encode() not in path.read_bytes()


def test_a_log_without_labels_has_none_to_forget(tmp_path: Path) -> None:
    """There may not even be a folder."""
    assert forget_labels(LogPlaces(tmp_path), ALICE, [identity(1)]) == 0
    assert expire_labels(LogPlaces(tmp_path), 1.0, NOW) == []


def test_labels_older_than_every_record_go(places: LogPlaces) -> None:
    """By whole days: a day goes once its last second is too old."""
    later = LabelStore(places, Secrets(b"k" * 32), {}, lambda: NOW + 86_400)
    later.append([Label(identity(7), 0, "", "", "1", 1.0)])
    assert expire_labels(places, 86_400.0, NOW + 86_400) == []
    assert len(expire_labels(places, 86_400.0, NOW + 2 * 86_400)) == 1
    assert left(places) == {identity(7)}


def test_a_damaged_file_of_labels_is_named_and_the_others_are_done(places: LogPlaces) -> None:
    """Its own labels may be the user's."""
    seal(places)
    broken = places.labels / "2000-01-01.parquet"
    broken.write_bytes(b"PAR1")
    with pytest.raises(GatewayError) as refused:
        forget_labels(places, ALICE, [identity(1)])
    assert str(refused.value) == f"{broken} cannot be read: {remedy(broken)}"
    broken.unlink()
    assert forget_labels(places, ALICE, [identity(1)]) == 0
