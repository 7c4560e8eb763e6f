"""The recorder's connections: its plan, its workers, and what a killed gateway left, read to the end."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from gateway.monitoring.tally import TallyWriter
from gateway.requestlog.ring import RingWriter
from gateway.requestlog.ring_layout import LEAST
from gateway.routing.places import Places
from gateway.routing.plan import UNITS, Route, RoutingPlan, Service
from gateway.routing.run_directory import prepare
from gateway.routing.slot import publish
from gateway.supervision.recording import has_unread, rescue_records, wiring, writers
from tests.requestlog.frames import REQUEST, frame


@pytest.fixture
def places(tmp_path: Path) -> Iterator[Places]:
    """A state directory with a plan of one route."""
    prepared = prepare(tmp_path / "state")
    route = Route("flights", "/v2", "v2", (("v2", UNITS),))
    publish(prepared, RoutingPlan((Service("v2", model="models/v2"),), (route,), revision=1))
    yield prepared
    shutil.rmtree(prepared.run.resolve())


def leave(places: Places, worker: int, count: int) -> None:
    """Leave records in a worker's memory."""
    ring = RingWriter(places.ring(worker), LEAST)
    for _ in range(count):
        assert ring.write(frame(n=ring.n, request_body=REQUEST))
    ring.close()


def records(places: Places) -> list[dict[str, object]]:
    """Return the records in the log."""
    lines = b"".join(path.read_bytes() for path in places.log.open.glob("*")).splitlines()
    return [line for line in map(orjson.loads, lines) if "id" in line]


def test_without_rings_nothing_is_done(places: Places, caplog: pytest.LogCaptureFixture) -> None:
    """No log is begun for a gateway that never had one."""
    rescue_records(places, places.state)
    assert not places.log.folder.exists()
    assert caplog.text == ""


def test_rings_that_were_read_are_left_alone(places: Places) -> None:
    """And so are files that are none."""
    places.ring(1).write_bytes(b"no ring")
    leave(places, 0, 0)
    assert not has_unread(places)
    rescue_records(places, places.state)
    assert not places.log.folder.exists()


def test_what_nobody_read_is_in_the_log(places: Places) -> None:
    """By the rules of the plan that lived last."""
    leave(places, 0, 2)
    leave(places, 5, 1)
    assert has_unread(places)
    rescue_records(places, places.state)
    found = records(places)
    assert [(record["worker"], record["n"]) for record in found] == [(0, 0), (0, 1), (5, 0)]
    assert found[0]["inputs"] == {"hour": [7.5]}
    assert found[0]["model"] == "models/v2"
    assert not has_unread(places)


def test_a_log_that_cannot_be_written_keeps_nobody_from_serving(
    places: Places, caplog: pytest.LogCaptureFixture
) -> None:
    """It is said that records are lost."""
    leave(places, 0, 2)
    places.log.folder.write_text("a file, where a folder should be")
    rescue_records(places, places.state)
    assert "are lost" in caplog.text


def test_the_workers_are_those_that_count(places: Places) -> None:
    """By the processes that their tallies name; a file that is being made is none."""
    tally = TallyWriter(places.tally(0), os.getpid())
    tally.beat(time.monotonic(), 1, 0)
    places.tally(1).write_bytes(b"")
    assert writers(places) == [os.getpid()]
    assert wiring(places, places.state).writers() == [os.getpid()]
