"""Segments are kept as long as one sink needs them, and no longer."""

from __future__ import annotations

from pathlib import Path

from gateway.requestlog.policy import Sink, Tracing
from gateway.requestlog.seal import seal_step
from gateway.requestlog.sinks.needed import TRACES, all_sinks, needed, position_file
from gateway.requestlog.sinks.position import Position, store
from tests.requestlog.sinks.log_site import Log

LAKE = Sink("lake", "directory", "lake")
BUS = Sink("bus", "kafka", "127.0.0.1:9092")


def test_the_slowest_sink_decides(tmp_path: Path) -> None:
    """A segment that one still needs is needed."""
    log = Log(tmp_path / "log")
    store(position_file(log.places, "lake"), Position("0000000000000000005"))
    store(position_file(log.places, "bus"), Position("0000000000000000003"))
    assert needed(log.places, [LAKE, BUS]) == "0000000000000000003"
    assert needed(log.places, [LAKE]) == "0000000000000000005"


def test_without_sinks_nothing_is_needed(tmp_path: Path) -> None:
    """So sealing leaves nothing for them, and empties the spool."""
    log = Log(tmp_path / "log")
    log.seal(log.rotate())
    log.write(3)
    log.rotate()
    assert seal(log, []) == []


def test_a_sink_that_has_not_begun_needs_everything(tmp_path: Path) -> None:
    """Nor may anything go while its position cannot be read."""
    log = Log(tmp_path / "log")
    log.write(3)
    names = [log.rotate()]
    assert seal(log, [LAKE]) == names
    position_file(log.places, "lake").parent.mkdir()
    position_file(log.places, "lake").write_text("{")
    log.write(3)
    names.append(log.rotate())
    assert seal(log, [LAKE]) == names


def test_only_what_is_older_than_the_sink_s_place_goes(tmp_path: Path) -> None:
    """What it is in the middle of stays."""
    log = Log(tmp_path / "log")
    names = []
    for _ in range(4):
        log.write(3)
        names.append(log.rotate())
    store(position_file(log.places, "lake"), Position(names[1], 40, 0))
    assert seal(log, [LAKE]) == names[1:]
    store(position_file(log.places, "lake"), Position(names[3]))
    assert seal(log, [LAKE]) == names[3:]


def seal(log: Log, sinks: list[Sink]) -> list[str]:
    """Seal what is closed, and return what is left for sinks."""
    seal_step(log.places, needed=needed(log.places, sinks))
    return sorted(path.stem for path in log.places.spool.glob("*"))


def test_traces_are_a_sink_of_their_own() -> None:
    """With a name that nobody can give to another."""
    assert all_sinks([LAKE], Tracing()) == (LAKE,)
    assert all_sinks([LAKE], Tracing("http://c/v1/traces"))[1].name == TRACES
    assert not TRACES[0].isalnum()
