"""The log in `status`: what its processes said last, what is on the disk, and what is wrong in a sentence."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from gateway.control.log.status import has_beat, log_state, log_warnings, on_disk, read_said
from gateway.control.status.observation import Listed, Observation, Running
from gateway.requestlog.sinks.standing import Standing
from gateway.routing.places import Places
from gateway.routing.plan import UNITS, Route, RoutingPlan, Service
from gateway.routing.run_directory import prepare

NOW = 1_000.0
SAID = {
    "pid": 7,
    "beat": NOW - 1,
    "state": "recording",
    "sentence": "",
    "records": 5,
    "records_per_second": 2.5,
    "lag_ms": 40.0,
    "waiting_bytes": 9,
    "dropped": {"full": 3, "too_large": 0},
    "gaps": 1,
    "access_left_out": 2,
    "sync_seconds": 0.01,
}


@pytest.fixture
def places(tmp_path: Path) -> Iterator[Places]:
    """A state directory."""
    prepared = prepare(tmp_path / "state")
    yield prepared
    shutil.rmtree(prepared.run.resolve())


def seen(*roles: str) -> Observation:
    """Return what is seen of a gateway with these processes."""
    plan = RoutingPlan((Service("v2", model="m"),), (Route("r", "/", "v2", (("v2", UNITS),)),))
    running = Running(processes=tuple(Listed(role, 7) for role in roles))
    return Observation(plan, running, {}, (), "written", None)


def say(path: Path, **changed: Any) -> None:
    """Have a process of the log say something."""
    path.write_text(json.dumps({**SAID, **changed}))


def test_what_the_recorder_said_is_told(places: Places) -> None:
    """Reasons that never came up are not."""
    say(places.recorder)
    say(places.keeper, tasks=[])
    assert log_state(places, seen("recorder"), NOW) == {
        "state": "recording",
        "sentence": "",
        "records": 5,
        "records_per_second": 2.5,
        "lag_ms": 40.0,
        "waiting_bytes": 9,
        "dropped": {"full": 3},
        "gaps": 1,
        "access_left_out": 2,
        "sync_seconds": 0.01,
        "bytes": 0,
        "files": 0,
        "unsealed": 0,
        "tasks": [],
        "sinks": [],
    }


def test_where_nothing_runs_it_has_stopped(places: Places) -> None:
    """What lies on the disk is told all the same."""
    (places.log.open / "x").mkdir(parents=True)
    (places.log.open / "1.ndjson").write_bytes(b"12345")
    (places.log.folder / "key").write_bytes(b"1")
    found = log_state(places, seen(), NOW)
    assert (found["state"], found["bytes"], found["files"], found["unsealed"]) == ("stopped", 6, 2, 1)
    assert list(log_warnings(found)) == []


def test_where_no_route_is_logged_it_is_off(places: Places) -> None:
    """Whatever the recorder says."""
    say(places.recorder)
    look = seen("recorder")
    quiet = replace(look.plan, routes=(replace(look.plan.routes[0], log=None),))
    assert log_state(places, replace(look, plan=quiet), NOW)["state"] == "off"


@pytest.mark.parametrize("beat", [None, NOW - 10])
def test_a_recorder_that_says_nothing_is_down(places: Places, beat: float | None) -> None:
    """The sentence about its process is told elsewhere, once."""
    if beat is not None:
        say(places.recorder, beat=beat)
    found = log_state(places, seen("recorder"), NOW)
    assert found["state"] == "down"
    assert "records wait in memory" in found["sentence"]
    assert list(log_warnings(found)) == []


def test_what_is_wrong_is_a_warning(places: Places) -> None:
    """The recorder's sentence, and each task that fails."""
    say(places.recorder, state="dropping", sentence="disk full since noon: records are dropped")
    task = {"name": "sealing", "state": "failing", "runs": 1, "failures": 2, "problem": "no", "seconds": 0.1}
    say(places.keeper, tasks=[task, {**task, "name": "merging", "state": "ok"}])
    found = log_state(places, seen("recorder"), NOW)
    assert list(log_warnings(found)) == [
        "request log: disk full since noon: records are dropped",
        "request log: sealing fails and is tried again: no",
    ]


def test_each_sink_has_a_sentence_and_a_warning_where_it_is_not_well(places: Places) -> None:
    """Down, far behind, or records that it will never get."""
    sinks = (
        Standing("lake", "directory", "idle", sent=5),
        Standing("bus", "kafka", "down", error="no broker", waiting_records=2, down_for=61.0, next_try=7.0),
        Standing("web", "cloudevents", "sending", refused=1),
        Standing("slow", "redis", "sending", waiting_records=2, waiting_seconds=61.0),
    )
    task = {"name": "sinks", "state": "ok", "runs": 1, "failures": 0, "problem": "", "seconds": 0.1}
    say(places.recorder)
    say(places.keeper, tasks=[{**task, "said": {"sinks": [asdict(sink) for sink in sinks]}}])
    found = log_state(places, seen("recorder"), NOW)
    assert [sink["sentence"] for sink in found["sinks"]] == [sink.sentence() for sink in sinks]
    assert [sink["is_well"] for sink in found["sinks"]] == [True, False, False, False]
    assert list(log_warnings(found)) == [sink.sentence() for sink in sinks[1:]]


@pytest.mark.parametrize("content", [None, "", "[]", "{"])
def test_what_cannot_be_read_says_nothing(tmp_path: Path, content: str | None) -> None:
    """It may be just being started."""
    path = tmp_path / "recorder.json"
    if content is not None:
        path.write_text(content)
    assert read_said(path) == {}


def test_a_beat_is_that_of_the_process_that_is_asked_for(places: Places) -> None:
    """Not of the one before it, and not of long ago."""
    say(places.recorder)
    say(places.keeper, beat=NOW - 60)
    assert has_beat(places, "recorder", 7, NOW)
    assert not has_beat(places, "recorder", 8, NOW)
    assert not has_beat(places, "keeper", 7, NOW)


def test_a_log_that_was_never_begun_is_empty(tmp_path: Path) -> None:
    """No folder, no bytes."""
    assert on_disk(tmp_path / "log") == (0, 0, 0)
