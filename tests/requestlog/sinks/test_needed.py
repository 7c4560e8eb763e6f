"""Segments are kept as long as one sink needs them, and no longer."""

from __future__ import annotations

from pathlib import Path

from gateway.requestlog.policy import Sink, Tracing
from gateway.requestlog.sinks.needed import NOTHING, TRACES, all_sinks, needed, position_file, sweep
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
    """So whatever is left in the spool goes."""
    log = Log(tmp_path / "log")
    log.seal(log.rotate())
    assert needed(log.places, []) == NOTHING
    assert sweep(log.places, NOTHING) > 0
    assert not list(log.places.spool.iterdir())


def test_a_sink_that_has_not_begun_needs_everything(tmp_path: Path) -> None:
    """Nor may anything go while its position cannot be read."""
    log = Log(tmp_path / "log")
    assert needed(log.places, [LAKE]) == ""
    position_file(log.places, "lake").parent.mkdir()
    position_file(log.places, "lake").write_text("{")
    assert needed(log.places, [LAKE]) == ""
    log.seal(log.rotate())
    assert sweep(log.places, "") == 0


def test_only_older_segments_are_swept(tmp_path: Path) -> None:
    """And only those in the spool: what is not sealed is nobody's to remove."""
    log = Log(tmp_path / "log")
    names = [log.rotate() for _ in range(4)]
    for name in names[:3]:
        log.seal(name)
    sweep(log.places, names[1])
    assert sorted(path.stem for path in log.places.spool.iterdir()) == names[1:3]
    assert sorted(path.stem for path in log.places.open.iterdir()) == [names[3], log.name]


def test_traces_are_a_sink_of_their_own() -> None:
    """With a name that nobody can give to another."""
    assert all_sinks([LAKE], Tracing()) == (LAKE,)
    assert all_sinks([LAKE], Tracing("http://c/v1/traces"))[1].name == TRACES
    assert not TRACES[0].isalnum()
