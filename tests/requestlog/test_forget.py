"""A forgotten user is gone from every file."""

from __future__ import annotations

import threading
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest

from gateway.errors import GatewayError
from gateway.requestlog import forget as forgetting
from gateway.requestlog.catalog import visible
from gateway.requestlog.forget import Forgotten, forget
from gateway.requestlog.places import LogPlaces
from gateway.requestlog.recorder_lock import recorder_lock
from gateway.requestlog.rotation import is_recording, rotate
from tests.requestlog.lake_log import ALICE, BOB, ask, ids, record, sealed_segment, segment


def files_with(places: LogPlaces, text: str) -> list[Path]:
    """Return the segments that hold a text."""
    return [path for path in places.folder.rglob("*.ndjson") if text.encode() in path.read_bytes()]


def full_log(places: LogPlaces) -> None:
    """Make a log in which Alice (even numbers) and Bob are in sealed files, segments and the spool."""
    keys = [ALICE, BOB]
    records = [record(n, key=keys[n % 2]) for n in range(10)]
    sealed_segment(places, 0, records[:4])
    sealed_segment(places, 4, [records[4]])
    segment(places, 4, [records[4]], places.spool)
    segment(places, 6, [*records[6:9], b"{broken\n"])
    segment(places, 9, records[9:])


def test_every_record_of_the_user_goes_and_no_other(tmp_path: Path) -> None:
    """From sealed files, open segments and the spool; the counts are of records, not of copies."""
    places = LogPlaces(tmp_path)
    full_log(places)
    sizes = {path: path.stat().st_size for path in places.folder.rglob("*.ndjson")}
    assert forget(places, ALICE) == Forgotten(records=5, predictions=3, labels=0, files=4, segments=2)
    assert ids(places) == ids(places, "predictions") == [1, 3, 7, 9]
    assert files_with(places, ALICE) == []
    assert len(files_with(places, BOB)) == 2
    assert {path: path.stat().st_size for path in sizes} == sizes, "what follows kept its place for the sinks"
    assert ask(places, "SELECT count(*) FROM gaps") == [(0,)]
    assert {file.generation for file in visible(places).sealed} == {1}
    assert visible(places).stale == ()


def test_a_file_with_nothing_else_in_it_goes(tmp_path: Path) -> None:
    """And doing it again finds nothing."""
    places = LogPlaces(tmp_path)
    sealed_segment(places, 0, [record(0, key=ALICE)])
    assert forget(places, ALICE).files == 2
    assert visible(places).sealed == ()
    assert forget(places, ALICE) == Forgotten()


@pytest.mark.parametrize(
    "where",
    [
        {"inputs": {"user": [ALICE]}},
        {"inputs": {"a": [1]}, "outputs": {"said": [f"to {ALICE}"]}},
        {"parameters": {"who": {"is": ALICE}}},
        {"request_body": f"x={ALICE}", "inputs": None, "outputs": None},
        {"notes": [ALICE]},
        {"path": f"/u/{ALICE}"},
    ],
)
@pytest.mark.parametrize("write", [segment, sealed_segment])
def test_the_pseudonym_is_looked_for_everywhere(where: dict[str, Any], write: Any, tmp_path: Path) -> None:
    """Fields that are hashed like the key make a record the user's, too."""
    places = LogPlaces(tmp_path)
    write(places, 0, [record(0, key=BOB, **where), record(1, key=BOB)])
    assert forget(places, ALICE).records == 1
    assert ids(places) == [1]
    assert ask(places, f"SELECT count(*) FROM predictions WHERE predictions::VARCHAR LIKE '%{ALICE}%'") == [
        (0,)
    ]


def test_labels_are_told_first(tmp_path: Path) -> None:
    """With the ids of the user's requests, which nobody knows afterwards."""
    places = LogPlaces(tmp_path)
    full_log(places)
    told: list[tuple[str, list[int], list[int]]] = []

    def labels(_: LogPlaces, pseudonym: str, requests: Collection[str]) -> int:
        told.append((pseudonym, sorted(int(one, 16) for one in requests), ids(places)))
        return 3

    assert forget(places, ALICE, labels=labels).labels == 3
    assert told == [(ALICE, [0, 2, 4, 6, 8], [0, 1, 2, 3, 4, 6, 7, 8, 9])]


def test_an_interrupted_one_is_finished_by_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever it stopped, nobody sees anything twice, and in the end it is gone."""
    original = forgetting._rewrite
    for fails_at in range(4):
        places = LogPlaces(tmp_path / str(fails_at))
        full_log(places)
        calls = iter(range(10))

        def dying(*arguments: Any, calls: Any = calls, fails_at: int = fails_at) -> None:
            if next(calls) == fails_at:
                raise OSError("the disk went away")
            original(*arguments)

        with monkeypatch.context() as patched:
            patched.setattr(forgetting, "_rewrite", dying)
            with pytest.raises(OSError, match="went away"):
                forget(places, ALICE)
        assert len(ids(places)) == len(set(ids(places)))
        forget(places, ALICE)
        assert ids(places) == ids(places, "predictions") == [1, 3, 7, 9]


def test_what_is_in_memory_is_written_down_first(tmp_path: Path) -> None:
    """While a recorder lives, its newest segment is not touched; what it held before is in closed ones."""
    places = LogPlaces(tmp_path)
    segment(places, 0, [record(0, key=ALICE)])
    stop = threading.Event()

    def recorder() -> None:
        number = 10
        with recorder_lock(places, stop.is_set) as is_held:
            assert is_held
            ready.set()
            while not stop.wait(0.001):
                if places.rotate.exists():
                    segment(places, number, [record(number, key=ALICE)])
                    number += 10
                    places.rotate.unlink()

    ready = threading.Event()
    thread = threading.Thread(target=recorder)
    thread.start()
    try:
        assert ready.wait(60.0)
        assert is_recording(places)
        found = forget(places, ALICE, pending=True)
    finally:
        stop.set()
        thread.join(60.0)
    assert found.records == 2
    assert ids(places) == [20], "of a request that was answered after the call"


def test_it_says_so_where_records_stay_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No recorder answers: nothing is changed."""
    places = LogPlaces(tmp_path)
    segment(places, 0, [record(0, key=ALICE)])
    monkeypatch.setattr(forgetting, "rotate", lambda places: rotate(places, patience=0.05))
    with pytest.raises(GatewayError, match="may still be in memory"):
        forget(places, ALICE, pending=True)
    assert ids(places) == [0]
    assert not places.rotate.exists()


def test_what_is_left_at_the_end_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is read once more."""
    places = LogPlaces(tmp_path)
    sealed_segment(places, 0, [record(0, key=ALICE)])
    monkeypatch.setattr(forgetting, "_rewrite", lambda *_: None)
    with pytest.raises(GatewayError, match="still holds what was to be forgotten"):
        forget(places, ALICE)


def test_only_a_pseudonym_is_taken(tmp_path: Path) -> None:
    """A short text would be found in everything."""
    with pytest.raises(GatewayError, match="no pseudonym"):
        forget(LogPlaces(tmp_path), "a")
