"""Replicas follow the plan: nobody leaves before there is somebody in its place."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.routing.places import Places
from gateway.routing.plan import RoutingPlan, Service
from gateway.routing.run_directory import prepare
from gateway.supervision import replicas as module
from gateway.supervision.process import Process
from gateway.supervision.replicas import Replicas, is_listening
from tests.supervision.stand_ins import PYTHON, commands
from tests.waiting import until

BLUE = Service("blue", model="models/v1")
FIRST, NEXT = ("blue", "models/v1", 0), ("blue", "models/v2", 0)
SPARE = [*PYTHON, "import sys; sys.stdin.read()"]


def plan(*services: Service) -> RoutingPlan:
    """Return a plan of these services."""
    return RoutingPlan(services, ())


class Site:
    """Replicas, and the turns of a supervisor that looks after them."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.replicas = Replicas(places, replace(commands(places), spare=lambda models: [*SPARE, *models]))
        self.seen: list[Process] = []

    def tend(self) -> None:
        """One turn."""
        for process in self.replicas.running.values():
            process.tend()
        self.replicas.end_retired()
        self.seen += [*self.replicas.running.values(), *self.replicas.retired()]

    def follow(self, *services: Service) -> None:
        """Have these services."""
        self.replicas.follow(plan(*services))
        self.tend()

    def all_ready(self) -> None:
        """Wait until all that are wanted can be connected to."""
        until(lambda: not self.replicas.not_listening(), meanwhile=self.tend)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """No replicas yet; those that are retired leave at once."""
    monkeypatch.setattr(module, "RETIRE_AFTER", 0.0)
    places = prepare(tmp_path / "state")
    made = Site(places)
    yield made
    for process in made.seen:
        process.stop()
        until(process.is_gone)
    shutil.rmtree(places.run.resolve())


def test_there_are_as_many_as_the_plan_says(site: Site) -> None:
    """More of them are started, those too many are ended; services that run elsewhere need none."""
    site.follow(BLUE)
    site.all_ready()
    first = site.replicas.running[FIRST].pid
    site.follow(replace(BLUE, replicas=3), Service("green", urls=("http://127.0.0.1:1",)))
    assert len(site.replicas.running) == 3
    site.all_ready()
    site.follow(BLUE)
    assert [process.number for process in site.replicas.retired()] in ([1, 2], [2, 1])
    until(lambda: not site.replicas.retired(), meanwhile=site.tend)
    assert not is_listening(site.places, ("blue", "models/v1", 2))
    assert site.replicas.running[FIRST].pid == first


def test_an_old_model_answers_until_the_new_one_does(site: Site) -> None:
    """However long the new one takes to load, the old one is not ended before."""
    site.follow(BLUE)
    site.all_ready()
    wait = Path(f"{site.places.socket(*NEXT)}.wait")
    wait.touch()
    site.follow(replace(BLUE, model="models/v2"))
    for _ in range(20):
        site.tend()
        assert is_listening(site.places, FIRST)
        assert site.replicas.not_listening() == [NEXT]
    wait.unlink()
    until(lambda: not is_listening(site.places, FIRST), meanwhile=site.tend)
    assert is_listening(site.places, NEXT)


def test_a_model_that_comes_back_before_its_process_was_ended_keeps_it(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There and back again in a moment: the process that runs and answers is the one that is kept."""
    monkeypatch.setattr(module, "RETIRE_AFTER", 60.0)
    site.follow(BLUE)
    site.all_ready()
    first = site.replicas.running[FIRST].pid
    site.follow(replace(BLUE, model="models/v2"))
    site.follow(BLUE)
    monkeypatch.setattr(module, "RETIRE_AFTER", 0.0)
    until(lambda: not site.replicas.retired(), meanwhile=site.tend)
    assert site.replicas.running[FIRST].pid == first
    assert is_listening(site.places, FIRST)


def test_there_is_one_spare_where_there_are_models(site: Site) -> None:
    """It is told the models of the plan; once it has become a replica another one is started."""
    replicas = site.replicas
    assert not replicas.wants_spare()
    site.follow(BLUE, Service("green", model="models/v2"))
    assert replicas.wants_spare()
    replicas.make_spare()
    replicas.tend_spare()
    assert not replicas.wants_spare()
    spare = replicas.spare
    assert spare is not None
    assert list(spare.command) == [*SPARE, "models/v1", "models/v2"]
    assert spare in replicas.retired()
    before, blue = spare.pid, replicas.running[FIRST]
    blue.signal(signal.SIGKILL)
    until(lambda: blue.pid == before, meanwhile=lambda: blue.tend(spare))
    assert spare.pid == 0
    replicas.tend_spare()
    assert spare.pid not in (0, before)
    site.tend()


def test_a_parked_service_runs_no_replicas(site: Site) -> None:
    """They end like those of a service that is gone, and are started again once somebody wants them."""
    site.follow(BLUE)
    site.all_ready()
    site.replicas.follow(replace(plan(BLUE), parked=("blue",)))
    assert not site.replicas.running
    until(lambda: not site.replicas.retired(), meanwhile=site.tend)
    site.follow(BLUE)
    site.all_ready()
    assert list(site.replicas.running) == [FIRST]
