"""A sink's course moves on only over what is finished, and leaves its place on disk."""

from __future__ import annotations

from pathlib import Path

from gateway.requestlog.policy import Sink
from gateway.requestlog.sinks.census import Census
from gateway.requestlog.sinks.course import Course
from gateway.requestlog.sinks.needed import position_file
from gateway.requestlog.sinks.position import Position, load
from tests.requestlog.sinks.log_site import Log

SINK = Sink("lake", "directory", "lake")


def course(log: Log) -> Course:
    """Return a course that has looked."""
    made = Course(SINK, log.places, Census(log.places), lambda _: True)
    made.look(0.0)
    return made


def test_a_segment_is_left_only_once_it_is_read_to_its_end(tmp_path: Path) -> None:
    """And only if there is another: what is written last may still grow."""
    log = Log(tmp_path / "log")
    log.write(3)
    made = course(log)
    assert made.next_segment() == (log.path, False)
    first = log.rotate()
    assert made.next_segment() == (log.places.open / f"{first}.ndjson", True)
    made.move((log.places.open / f"{first}.ndjson").stat().st_size, 3, sent=3)
    assert made.next_segment() == (log.path, False)
    assert made.position == Position(log.name, sent=3)


def test_a_segment_may_move_to_the_spool_meanwhile(tmp_path: Path) -> None:
    """Offsets stay as they are."""
    log = Log(tmp_path / "log")
    log.write(3)
    made = course(log)
    made.next_segment()
    made.move(40, 0)
    first = log.rotate()
    log.seal(first)
    assert made.next_segment() == (log.places.spool / f"{first}.ndjson", True)
    assert made.position.offset == 40


def test_without_segments_there_is_nothing_to_do(tmp_path: Path) -> None:
    """Not even folders need be there."""
    log = Log(tmp_path / "log")
    log.path.unlink()
    assert course(log).next_segment() is None


def test_the_place_is_stored_if_it_moved(tmp_path: Path) -> None:
    """Once a second, or at once if asked."""
    log = Log(tmp_path / "log")
    log.write(3)
    made = course(log)
    path = position_file(log.places, "lake")
    assert made.save_if_due(0.0) == ""
    assert not path.exists()
    made.next_segment()
    made.save_if_due(0.0)
    made.count(sent=1)
    made.save_if_due(0.5)
    assert load(path).sent == 0
    made.save_if_due(0.6, at_once=True)
    assert load(path).sent == 1


def test_a_course_that_never_looked_stores_nothing(tmp_path: Path) -> None:
    """Or it would forget how far the one before it had come."""
    log = Log(tmp_path / "log")
    made = course(log)
    made.next_segment()
    made.save()
    unused = Course(SINK, log.places, Census(log.places), lambda _: True)
    unused.save()
    assert load(position_file(log.places, "lake")).segment == log.name
