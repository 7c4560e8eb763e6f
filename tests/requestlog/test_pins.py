"""The files of one reading stay readable."""

from __future__ import annotations

import os
import resource
from pathlib import Path

import pytest

from gateway.errors import GatewayError
from gateway.requestlog import pins as pinning
from gateway.requestlog.catalog import visible
from gateway.requestlog.pins import pinned
from gateway.requestlog.places import LogPlaces
from tests.requestlog.lake_log import open_below, record, sealed_segment, segment


def no_labels(_: LogPlaces) -> list[Path]:
    """Return no files of labels."""
    return []


def test_removed_files_can_still_be_read(tmp_path: Path) -> None:
    """Until the pins are closed."""
    places = LogPlaces(tmp_path)
    path = segment(places, 0, [record(0)])
    sealed_segment(places, 5, [record(5)])
    (tmp_path / "truth").write_bytes(b"1")
    pins = pinned(places, lambda _: [tmp_path / "truth"])
    before = path.read_bytes()
    path.unlink()
    assert Path(pins.of("open")[0]).read_bytes() == before
    assert [len(pins.of(table)) for table in ("requests", "predictions", "gaps", "labels")] == [1, 1, 0, 1]
    assert len(pins.paths()) == 4
    descriptors = list(pins.descriptors)
    pins.close()
    pins.close()
    assert not any(Path(f"/proc/self/fd/{one}").exists() for one in descriptors)


def test_a_file_that_vanished_is_looked_for_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the listing and the opening; not for ever."""
    places = LogPlaces(tmp_path)
    path = segment(places, 0, [record(0)])
    stale = visible(places)
    path.unlink()
    listings = [stale]
    monkeypatch.setattr(pinning, "visible", lambda where: listings.pop() if listings else visible(where))
    assert pinned(places, no_labels).of("open") == []
    monkeypatch.setattr(pinning, "visible", lambda _: stale)
    with pytest.raises(GatewayError, match="vanish faster"):
        pinned(places, no_labels)


def test_what_may_not_be_read_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to do; nothing stays open."""
    places = LogPlaces(tmp_path)
    segment(places, 0, [record(0)])

    def refused(*_: object) -> int:
        raise PermissionError(13, "Permission denied", "the file")

    monkeypatch.setattr(os, "open", refused)
    with pytest.raises(GatewayError, match="the file: Permission denied; the request log cannot be read"):
        pinned(places, no_labels)
    monkeypatch.undo()
    assert open_below(tmp_path) == []


def test_room_for_many_files_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """Up to what this process may have, and never less than it has."""
    limits: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, 4096))
    monkeypatch.setattr(resource, "setrlimit", lambda _, pair: limits.append(pair))
    for wanted in (1000, 2000, 9999):
        pinning._make_room(wanted)
    assert limits == [(2000, 4096), (4096, 4096)]
