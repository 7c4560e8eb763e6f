"""The keeper's tasks: each does its part with the live plan; nothing is thrown away before there is one."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest

from gateway.requestlog.policy import LogPolicy, Sink
from gateway.routing.places import Places
from gateway.routing.plan import UNITS, Route, RoutingPlan, Service
from gateway.routing.rollouts import Notify
from gateway.routing.run_directory import prepare
from gateway.routing.slot import publish
from gateway.watching.keeper import Task
from gateway.watching.keeper_tasks import LivePlan, tasks
from tests.waiting import until

NAMES = [f"{number:019d}" for number in (1_700_000_000_000_000_000, 1_700_000_060_000_000_000)]


def plan(revision: int = 1, *sinks: Sink, keep: float = 1e12) -> RoutingPlan:
    """Return a plan of one route whose records are kept for so many seconds."""
    route = Route("r", "/", "blue", (("blue", UNITS),), log=LogPolicy(keep=keep))
    return RoutingPlan((Service("blue", model="m"),), (route,), sinks=sinks, revision=revision)


@pytest.fixture
def places(tmp_path: Path) -> Iterator[Places]:
    """A state directory with a closed segment and an open one."""
    prepared = prepare(tmp_path / "state")
    prepared.log.open.mkdir(parents=True)
    for number, name in enumerate(NAMES):
        record = {"id": f"{number:032x}", "ts": int(name) // 1000, "route": "r", "status": 200, "worker": 0}
        (prepared.log.open / f"{name}.ndjson").write_bytes(orjson.dumps(record) + b"\n")
    yield prepared
    shutil.rmtree(prepared.run.resolve())


def ignore(_receivers: tuple[Notify, ...], _event: Mapping[str, Any]) -> None:
    """Tell nobody."""


def named(places: Places, name: str) -> Task:
    """Return one of the tasks."""
    return next(task for task in tasks(places, places.state.parent, ignore) if task.name == name)


def open_segments(places: Places) -> list[str]:
    """Return the segments that are not sealed."""
    return sorted(path.stem for path in places.log.open.glob("*.ndjson"))


def test_every_task_can_be_done_at_once_in_an_empty_log(places: Places) -> None:
    """Before there is a plan, and with one."""
    shutil.rmtree(places.log.open)
    for task in tasks(places, places.state.parent, ignore):
        task.step()
        task.close()
    publish(places, plan())
    for task in tasks(places, places.state.parent, ignore):
        task.step()
        task.close()


def test_closed_segments_are_sealed(places: Places) -> None:
    """The one being written stays."""
    publish(places, plan())
    assert named(places, "sealing").step() == {"segments": 1}
    assert open_segments(places) == NAMES[1:]
    assert not list(places.log.spool.glob("*"))


def test_before_there_is_a_plan_what_was_sealed_is_kept_for_sinks(places: Places) -> None:
    """Nobody knows yet whether some sink needs it."""
    named(places, "sealing").step()
    assert [path.stem for path in places.log.spool.iterdir()] == NAMES[:1]
    publish(places, plan())
    named(places, "sealing").step()
    assert not list(places.log.spool.iterdir())


def test_what_a_sink_has_not_got_is_kept(places: Places, tmp_path: Path) -> None:
    """One that has not begun needs everything."""
    publish(places, plan(1, Sink("copy", "directory", str(tmp_path / "copy"))))
    named(places, "sealing").step()
    assert [path.stem for path in places.log.spool.iterdir()] == NAMES[:1]


def test_sinks_are_those_of_the_live_plan(places: Places, tmp_path: Path) -> None:
    """Each runs by itself from the next step on, says how it stands, and stops with its line in the file."""
    task = named(places, "sinks")
    assert task.step() == {}
    publish(places, plan(1, Sink("copy", "directory", str(tmp_path))))
    try:
        assert sinks_of(task.step()) == ["copy"]
        until(lambda: (places.log.sinks / "copy.json").exists())
        publish(places, plan(2))
        assert sinks_of(task.step()) == []
    finally:
        task.close()


def sinks_of(said: Mapping[str, Any] | None) -> list[str]:
    """Return the sinks that a step told of."""
    assert said is not None
    return [sink["name"] for sink in said["sinks"]]


def test_what_has_had_its_time_is_removed(places: Places) -> None:
    """Once the plan says how long that is."""
    publish(places, plan())
    named(places, "sealing").step()
    retention = named(places, "retention")
    assert retention.step() == {"files": 0}
    publish(places, plan(2, keep=60.0))
    assert retention.step() != {"files": 0}
    assert not list(places.log.requests.rglob("*.parquet"))


def test_watching_says_how_it_does(places: Places) -> None:
    """Once there is a plan and a recorder that said something."""
    publish(places, plan())
    said = named(places, "watching").step()
    assert said is not None
    assert "last_run" in said


def test_the_live_plan_is_read_anew_with_its_revision(places: Places) -> None:
    """By all threads alike."""
    live = LivePlan(places)
    assert live.get() is None
    publish(places, plan(1))
    first = live.get()
    assert first is live.get()
    publish(places, plan(2))
    found: list[RoutingPlan | None] = []
    threads = [threading.Thread(target=lambda: found.append(live.get())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {each.revision for each in found if each is not None} == {2}
