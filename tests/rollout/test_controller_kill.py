"""Whatever moment the control process dies at, the next one goes on from exactly one state; nothing jumps."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.control.watcher import Watcher
from gateway.routing import journal
from gateway.routing import run_directory as memory
from gateway.routing.complaint import complaint
from gateway.routing.file import read_plan
from gateway.routing.file_sync import begin, follow_file
from gateway.routing.journal import Revision
from gateway.routing.places import Places
from gateway.routing.run_directory import prepare
from gateway.routing.slot import PlanSlot, published
from tests.rollout.controller_site import Stage, assert_agrees
from tests.rollout.kill_site import SCENARIOS, drive
from tests.routing.change_site import FILE, Site

RESTARTS = ("reboot", "up", "control")
"""What comes after a death: the machine, the gateway or only the control process starts anew."""
STEP = 1 if os.environ.get("GATEWAY_LONG") else 3
"""Deaths at every so many-th point; points are in pairs, before and after something, and three meets both."""
EVENTS = {"promoted": ["advance", "advance", "complete"], "taken back": ["advance", "fail"]}


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder of gateways; what they keep in memory is removed at the end."""
    yield tmp_path
    for run in tmp_path.glob("*/.gateway/run"):
        shutil.rmtree(run.resolve(), ignore_errors=True)


def revisions(places: Places) -> list[Revision]:
    """Return the whole journal, oldest first."""
    with journal.opened(places.journal) as connection:
        return journal.latest(connection, 1000)[::-1]


def way(places: Places) -> list[tuple[Any, ...]]:
    """Return the way of a rollout: each revision's place, weights and services at rest."""
    found = []
    for entry in revisions(places):
        route, progress = entry.plan.routes[0], entry.plan.routes[0].progress
        where = (progress.state, progress.step, progress.why, progress.previous) if progress else ()
        found.append((entry.action, *where, route.stable, route.weights, entry.plan.parked))
    return found


def assert_nothing_jumped(site: Site) -> None:
    """Right after a death workers use the latest revision or the one before it, each whole in itself."""
    live, latest = published(site.places), revisions(site.places)[-1].plan
    assert live is not None
    with PlanSlot(site.places) as slot:
        assert slot.word[0] <= live.revision <= latest.revision <= slot.word[0] + 1
    for plan in (live, latest):
        assert_agrees(plan.routes[0])


def assert_all_agree(site: Site) -> None:
    """Journal, slot and file say the same."""
    plan = site.live()
    assert site.head().plan == plan
    assert site.head().file == "written"
    written, live = read_plan(site.text(), site.config).routes[0], plan.routes[0]
    assert (written.stable, written.weights) == (live.stable, live.weights)
    assert all(
        remark in site.text() for remark in ("# Three versions", "# the old one", "# keep this remark")
    )
    assert complaint(site.places) is None
    assert not follow_file(site.places, FILE, site.config)


def recovered(folder: Path, how: str) -> Stage:
    """Start anew after a death: the rollout is where the journal had it, and everything says so."""
    places = Places(folder / ".gateway")
    before = revisions(places)
    if how == "reboot":
        shutil.rmtree(places.run.resolve())
    site = Site(prepare(folder / ".gateway"), folder / "routing.yaml")
    if how == "control":
        Watcher(site.places, site.config).turn()
    else:
        begin(site.places, FILE, site.config)
    assert [entry.plan for entry in revisions(places)] == [entry.plan for entry in before]
    assert_all_agree(site)
    return Stage(site)


def undisturbed(folder: Path, scenario: str) -> Stage:
    """Return a rollout that nobody killed, at its end."""
    folder.mkdir()
    stage = Stage(Site.made(folder))
    drive(stage, SCENARIOS[scenario])
    return stage


@pytest.mark.parametrize("scenario", list(SCENARIOS))
def test_a_death_at_every_point_leads_to_the_same_way(folder: Path, scenario: str) -> None:
    """The journal of a rollout that died anywhere ends, revision by revision, as that of one that did not."""
    expected = way(undisturbed(folder / "undisturbed", scenario).site.places)
    kept = str(memory._MEMORY)
    command = [sys.executable, "-m", "tests.rollout.kill_site", str(folder), kept, scenario, str(STEP)]
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    points, status = map(int, run.stdout.split())
    assert status == 0
    assert points > 70
    for turn, n in enumerate(range(0, points, STEP)):
        assert_nothing_jumped(Site(Places(folder / str(n) / ".gateway"), folder / str(n) / "routing.yaml"))
        stage = recovered(folder / str(n), RESTARTS[turn % len(RESTARTS)])
        drive(stage, SCENARIOS[scenario])
        assert_all_agree(stage.site)
        assert [step[:3] for step in way(stage.site.places)] == [step[:3] for step in expected], n
        assert way(stage.site.places) == expected, n
        events = [found.decision.event for found in stage.decided() if found.decision]
        assert events == EVENTS[scenario], n
