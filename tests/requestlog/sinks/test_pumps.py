"""A thread for each sink, as routing.yaml says at this moment."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.requestlog.policy import Sink, Tracing
from gateway.requestlog.sinks.needed import EVERYTHING
from gateway.requestlog.sinks.pumps import Pumps
from tests.requestlog.sinks.collector_site import Collector
from tests.requestlog.sinks.log_site import Log
from tests.waiting import BOUND, until


class Stage:
    """A log, its sinks and a collector."""

    def __init__(self, folder: Path) -> None:
        self.log = Log(folder / "log")
        self.pumps = Pumps(self.log.places, folder)
        self.collector = Collector()
        self.sink = Sink("logs", "otlp", f"{self.collector.url}/v1/logs", timeout=BOUND)

    def until_taken(self, ids: list[str]) -> None:
        """Wait until all have arrived."""
        until(lambda: set(ids) <= set(self.collector.log_ids()))


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """Ended with the test."""
    made = Stage(tmp_path)
    yield made
    made.pumps.close(BOUND)
    made.collector.close()


def test_sinks_come_and_go(stage: Stage) -> None:
    """One that comes back goes on where it was."""
    ids = stage.log.write(5)
    stage.pumps.tick([stage.sink], Tracing())
    stage.until_taken(ids)
    assert [each.name for each in stage.pumps.report()] == ["logs"]
    until(lambda: stage.pumps.report()[0].sent == 5)
    stage.pumps.tick([], Tracing())
    assert stage.pumps.report() == []
    more = stage.log.write(5)
    until(lambda: _started(stage, [stage.sink]))
    stage.until_taken(more)
    assert len(stage.collector.log_ids()) == 10


def test_a_sink_that_changed_is_begun_anew_at_its_place(stage: Stage) -> None:
    """Only once the one before it has ended, so that both never move the same position."""
    stage.pumps.tick([stage.sink], Tracing())
    stage.until_taken(stage.log.write(5))
    until(lambda: stage.pumps.report()[0].sent == 5)
    changed = replace(stage.sink, target=f"{stage.collector.url}/elsewhere")
    stage.pumps.tick([changed], Tracing())
    until(lambda: _started(stage, [changed]))
    stage.until_taken(stage.log.write(5))
    assert [asked.path for asked in stage.collector.taken] == ["/v1/logs", "/elsewhere"]


def _started(stage: Stage, sinks: list[Sink]) -> bool:
    stage.pumps.tick(sinks, Tracing())
    return bool(stage.pumps.report())


def test_what_is_needed_moves_on(stage: Stage) -> None:
    """Once every sink is past a segment; a sink that has not begun needs all."""
    may_answer = threading.Event()
    stage.collector.answer = lambda _: (200, {}, b"{}") if may_answer.wait(BOUND) else (503, {}, b"")
    stage.log.write(5)
    stage.log.seal(stage.log.rotate())
    assert stage.pumps.tick([stage.sink], Tracing()) == EVERYTHING
    may_answer.set()
    until(lambda: stage.pumps.tick([stage.sink], Tracing()) == stage.log.name)
    assert stage.pumps.tick([], Tracing()) == ""


def test_traces_have_a_thread_of_their_own(stage: Stage) -> None:
    """Beside the sinks of routing.yaml."""
    stage.pumps.tick([stage.sink], Tracing(f"{stage.collector.url}/v1/traces"))
    assert [each.name for each in stage.pumps.report()] == ["logs", ".traces"]


def test_closing_stores_how_far_they_came(stage: Stage, tmp_path: Path) -> None:
    """So a restart in peace sends nothing twice."""
    stage.pumps.tick([stage.sink], Tracing())
    stage.until_taken(stage.log.write(5))
    stage.pumps.close(BOUND)
    stage.pumps = Pumps(stage.log.places, tmp_path)
    stage.pumps.tick([stage.sink], Tracing())
    stage.until_taken(stage.log.write(5))
    assert len(stage.collector.log_ids()) == 10
