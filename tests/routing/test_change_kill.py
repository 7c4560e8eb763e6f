"""Whoever changes routing may die at any moment: the next start is at the last acknowledged revision."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.routing.complaint import complaint
from gateway.routing.file_sync import begin, follow_file
from gateway.routing.plan import RoutingPlan
from gateway.routing.rewrite import rewrite_weights
from gateway.routing.run_directory import prepare
from tests.routing.change_site import FILE, ROUTING, Site

DIE = """
import os, sys
from pathlib import Path
from gateway.routing import change, file_sync, journal, writing_back
from gateway.routing.places import Places
from gateway.routing.shares import set_shares
places, config, where, when = Places(Path(sys.argv[1])), Path(sys.argv[2]), sys.argv[3], sys.argv[4]
in_the_file = ("read_text", "write_text", "settle")
module = journal if where in ("append", "set_file") else writing_back if where in in_the_file else change
step = getattr(module, where)
def die(*arguments, **named):
    if when == "after":
        step(*arguments, **named)
    os._exit(9)
setattr(module, where, die)
request = change.Request("set-weight", "me")
change.commit(places, request, lambda plan: set_shares(plan, {"canary": 50}))
print("acknowledged", flush=True)
file_sync.write_back(places, config)
"""
CLIMB = """
import sys
from pathlib import Path
from gateway.routing.change import Request, commit
from gateway.routing.file_sync import write_back
from gateway.routing.places import Places
from gateway.routing.shares import set_shares
places, config = Places(Path(sys.argv[1])), Path(sys.argv[2])
for n in range(1, 1000):
    plan, _ = commit(places, Request("set-weight", "me"), lambda plan: set_shares(plan, {"canary": n / 10}))
    print(plan.revision, flush=True)
    write_back(places, config)
"""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A gateway's files at revision 1."""
    made = Site.made(tmp_path)
    yield made
    shutil.rmtree(made.places.run.resolve(), ignore_errors=True)


def assert_all_agree(site: Site, plan: RoutingPlan) -> None:
    """Journal, slot and file say the same plan, and the file's comments are all there."""
    assert site.live() == plan
    assert site.head().plan == plan
    assert site.head().file == "written"
    units = {route.name: dict(route.weights) for route in plan.routes}
    assert site.text() == rewrite_weights(ROUTING, units)
    assert complaint(site.places) is None
    assert not follow_file(site.places, FILE, site.config)


@pytest.mark.parametrize(
    ("where", "when", "acknowledged", "revision"),
    [
        ("append", "before", False, 1),
        ("append", "after", False, 1),
        ("_append", "after", False, 2),
        ("publish", "before", False, 2),
        ("publish", "after", False, 2),
        ("read_text", "before", True, 2),
        ("write_text", "before", True, 2),
        ("write_text", "after", True, 2),
        ("set_file", "before", True, 2),
        ("set_file", "after", True, 2),
        ("settle", "after", True, 2),
    ],
)
@pytest.mark.parametrize("reboot", [False, True])
def test_a_death_at_any_step_is_mended_by_the_next_start(
    site: Site, where: str, when: str, acknowledged: bool, revision: int, reboot: bool
) -> None:
    """Nothing acknowledged is lost, nothing is half applied, and the memory may be gone as well."""
    command = [sys.executable, "-c", DIE, str(site.places.state), str(site.config), where, when]
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    assert run.returncode == 9
    assert run.stdout == ("acknowledged\n" if acknowledged else "")
    if reboot:
        shutil.rmtree(site.places.run.resolve())
    plan = begin(prepare(site.places.state), FILE, site.config)
    assert plan.revision == revision
    assert_all_agree(site, plan)


@pytest.mark.parametrize("moment", range(6))
def test_a_kill_at_a_random_moment_loses_nothing_acknowledged(site: Site, moment: int) -> None:
    """Of a process that changes weights all the time, whatever it had acknowledged is there."""
    patience = random.Random(moment).uniform(0, 0.05)
    command = [sys.executable, "-c", CLIMB, str(site.places.state), str(site.config)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        acknowledged = [process.stdout.readline()]
        time.sleep(patience)  # the random moment itself
        process.send_signal(signal.SIGKILL)
        acknowledged += process.stdout.readlines()
    last = max(map(int, acknowledged))
    plan = begin(prepare(site.places.state), FILE, site.config)
    assert plan.revision in (last, last + 1)
    assert_all_agree(site, plan)


def test_an_edit_survives_the_death_of_who_was_rewriting_the_file(site: Site) -> None:
    """The rewritten file held an edit that nobody had read: the next start takes it."""
    site.config.write_text(ROUTING.replace("path: /v2/models/late", "path: /late"))
    command = [sys.executable, "-c", DIE, str(site.places.state), str(site.config), "write_text", "after"]
    assert subprocess.run(command, stdout=subprocess.PIPE, check=False).returncode == 9
    plan = begin(prepare(site.places.state), FILE, site.config)
    assert plan.revision == 3
    assert plan.routes[0].path == "/late"
    assert site.shares()["canary"] == 50.0
