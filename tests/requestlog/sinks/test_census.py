"""What waits is counted exactly, and so is what was there before a segment went."""

from __future__ import annotations

from pathlib import Path

from gateway.requestlog.sinks.census import Census
from gateway.requestlog.sinks.position import Position
from gateway.requestlog.sinks.segments import names
from tests.requestlog.sinks.log_site import Log


def test_records_are_counted_as_they_come(tmp_path: Path) -> None:
    """Those behind the last mark are not there yet."""
    log, counts = Log(tmp_path / "log"), []
    census = Census(log.places)
    for now, marked in enumerate((True, False, True, True)):
        log.write(5, marked=marked)
        census.refresh(float(now))
        counts.append(census.waiting(Position(), names(log.places))[0])
    assert counts == [5, 5, 15, 20]


def test_large_segments_are_counted_line_by_line(tmp_path: Path) -> None:
    """Whatever is read at once."""
    log = Log(tmp_path / "log")
    for _ in range(3):
        log.write(400, request_body="z" * 4000)
    census = Census(log.places)
    census.refresh(0.0)
    assert census.waiting(Position(), names(log.places))[0] == 1200


def test_what_a_sink_has_passed_does_not_wait(tmp_path: Path) -> None:
    """Neither its records nor its bytes."""
    log = Log(tmp_path / "log")
    log.write(10)
    first = log.rotate()
    log.write(4)
    census = Census(log.places)
    census.refresh(0.0)
    size = sum((log.places.open / f"{name}.ndjson").stat().st_size for name in (first, log.name))
    assert census.waiting(Position(first, 100, 7), names(log.places)) == (7, size - 100)
    assert census.waiting(Position(log.name, 0, 0), names(log.places))[0] == 4


def test_it_looks_at_most_once_a_second(tmp_path: Path) -> None:
    """However many sinks ask."""
    log = Log(tmp_path / "log")
    census = Census(log.places)
    census.refresh(0.0)
    log.write(3)
    census.refresh(0.9)
    assert census.waiting(Position(), names(log.places))[0] == 0
    census.refresh(1.0)
    assert census.waiting(Position(), names(log.places))[0] == 3


def test_what_went_with_a_segment_is_known(tmp_path: Path) -> None:
    """As far as it had been counted; else it is said to be unknown."""
    log = Log(tmp_path / "log")
    log.write(10)
    first = log.rotate()
    log.write(4)
    second = log.rotate()
    census = Census(log.places)
    census.refresh(0.0)
    log.seal(first, needed=False)
    census.refresh(1.0)
    assert census.gone(Position(first, 100, 3), log.name) == 11
    assert census.gone(Position(first, 100, 3), second) == 7
    assert Census(log.places).gone(Position(first, 100, 3), second) is None
    census.forget(log.name)
    assert census.gone(Position(first, 100, 3), log.name) is None
