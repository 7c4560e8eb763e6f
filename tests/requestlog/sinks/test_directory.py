"""Objects in a folder: by route and hour, whole or not there, the same again when sent again."""

from __future__ import annotations

import gzip
from pathlib import Path

import orjson
import pytest

from gateway.requestlog.sinks.directory import Directory
from gateway.requestlog.sinks.target import SendFailed
from tests.requestlog.sinks.items import items
from tests.requestlog.sinks.log_site import record

HOUR = 3_600_000_000


def objects(folder: Path) -> dict[str, list[str]]:
    """Return the ids in each object, by its path."""
    return {
        str(path.relative_to(folder)): [
            orjson.loads(line)["id"] for line in gzip.decompress(path.read_bytes()).splitlines()
        ]
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_each_route_and_hour_has_objects_of_its_own(tmp_path: Path) -> None:
    """Named by their first record and how many they are; one without a route has a place too."""
    later = record(2, ts=record(2)["ts"] + HOUR)
    stray = record(3)
    del stray["route"]
    Directory(tmp_path).send(items(record(0), record(1), later, stray, record(4)))
    ids = [f"{number:032x}" for number in range(5)]
    assert objects(tmp_path) == {
        f"_none/dt=2026-11-18/11/{ids[3]}-1.ndjson.gz": [ids[3]],
        f"flights/dt=2026-11-18/11/{ids[0]}-3.ndjson.gz": [ids[0], ids[1], ids[4]],
        f"flights/dt=2026-11-18/12/{ids[2]}-1.ndjson.gz": [ids[2]],
    }


def test_sent_again_it_takes_its_own_place(tmp_path: Path) -> None:
    """Also with more records behind the same first one; another's object stays."""
    target = Directory(tmp_path)
    target.send(items(record(7)))
    target.send(items(record(0), record(1)))
    before = objects(tmp_path)
    target.send(items(record(0), record(1)))
    assert objects(tmp_path) == before
    target.send(items(record(0), record(1), record(2)))
    found = objects(tmp_path)
    assert [len(ids) for ids in found.values()] == [3, 1]


def test_the_bytes_are_the_same_each_time(tmp_path: Path) -> None:
    """No clock is in them."""
    target = Directory(tmp_path)
    target.send(items(record(0)))
    path = next(tmp_path.rglob("*.gz"))
    before = path.read_bytes()
    target.send(items(record(0)))
    assert path.read_bytes() == before


def test_what_a_crash_left_is_overwritten(tmp_path: Path) -> None:
    """A half-written object never has the name of a whole one."""
    target = Directory(tmp_path)
    target.send(items(record(0)))
    place = next(tmp_path.rglob("*.gz")).parent
    (place / f".{record(0)['id']}.tmp").write_bytes(b"half")
    target.send(items(record(0)))
    assert [path.name for path in place.iterdir()] == [f"{record(0)['id']}-1.ndjson.gz"]


def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    """It may be where a disk is mounted."""
    with pytest.raises(SendFailed, match="make it, or mount it"):
        Directory(tmp_path / "lake").send(items(record(0)))
    assert not (tmp_path / "lake").exists()


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    """Here a file lies where a folder belongs."""
    (tmp_path / "flights").write_text("")
    with pytest.raises(SendFailed, match="cannot be written to"):
        Directory(tmp_path).send(items(record(0)))


def test_names_from_outside_stay_inside(tmp_path: Path) -> None:
    """Whatever a line of the log says."""
    folder = tmp_path / "lake"
    folder.mkdir()
    Directory(folder).send(items(record(0, route="../../x", id="../y*")))
    assert [path.name for path in tmp_path.iterdir()] == ["lake"]
    assert len(objects(folder)) == 1
