"""The plan slot: a new plan holds from the next request on, and nobody ever sees half of one."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.routing.places import Places
from gateway.routing.plan import UNITS, Route, RoutingPlan, Service
from gateway.routing.run_directory import prepare
from gateway.routing.slot import PlanSlot, publish, published, published_document, published_revision
from tests.waiting import BOUND

WRITER = """
import itertools, select, sys
from dataclasses import replace
from pathlib import Path
from gateway.routing.places import Places
from gateway.routing.slot import publish, published
places = Places(Path(sys.argv[1]))
plan = published(places)
for revision in itertools.count(2):
    if select.select([sys.stdin], [], [], 0)[0]:
        break
    routes = tuple(replace(route, since=revision) for route in plan.routes[: 1 + revision % 40])
    publish(places, replace(plan, revision=revision, routes=routes))
"""
READER = """
import sys
from pathlib import Path
from gateway.routing.places import Places
from gateway.routing.slot import PlanSlot, published
places = Places(Path(sys.argv[1]))
word = PlanSlot(places).word
for _ in sys.stdin:
    print(word[0], published(places).revision, flush=True)
"""


@pytest.fixture
def places(tmp_path: Path) -> Iterator[Places]:
    """A prepared state directory."""
    prepared = prepare(tmp_path / "state")
    yield prepared
    shutil.rmtree(prepared.run.resolve())


def plan(revision: int, routes: int = 1) -> RoutingPlan:
    """Return a plan whose every route carries its revision."""
    weights = (("blue", UNITS),)
    return RoutingPlan(
        (Service("blue", urls=("http://127.0.0.1:1",)),),
        tuple(Route(f"r{n}", f"/r{n}", "blue", weights, since=revision) for n in range(routes)),
        revision=revision,
    )


def test_before_the_first_plan_there_is_none(places: Places) -> None:
    """An empty slot says revision 0 and holds no plan."""
    with PlanSlot(places) as slot:
        assert slot.word[0] == 0
    assert published(places) is None
    assert published_document(places) is None


def test_what_is_published_is_what_is_read(places: Places) -> None:
    """The plan and its number are both there once `publish` has returned."""
    publish(places, plan(7, 3))
    assert published(places) == plan(7, 3)
    with PlanSlot(places) as slot:
        assert slot.word[0] == 7


def test_a_reader_cannot_write(places: Places) -> None:
    """The word of a reader is read-only memory."""
    with PlanSlot(places) as slot, pytest.raises(TypeError):
        slot.store(1)


def test_another_process_sees_a_new_plan_as_soon_as_it_is_published(places: Places) -> None:
    """Whatever a process reads after `publish` returned is new, through a slot opened long before."""
    publish(places, plan(1))
    command = [sys.executable, "-c", READER, str(places.state)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdin is not None
        assert reader.stdout is not None
        for revision in range(2, 202):
            publish(places, plan(revision))
            reader.stdin.write("now\n")
            reader.stdin.flush()
            assert reader.stdout.readline().split() == [str(revision), str(revision)]
        reader.stdin.close()


def test_a_reader_never_sees_a_part_of_a_plan_nor_an_older_one_than_the_word_says(places: Places) -> None:
    """While plan after plan is published, what is read always parses, is whole, and only gets newer."""
    publish(places, plan(1, 40))
    command = [sys.executable, "-c", WRITER, str(places.state)]
    seen: set[int] = set()
    with subprocess.Popen(command, stdin=subprocess.PIPE) as writer, PlanSlot(places) as slot:
        newest, deadline = 0, time.monotonic() + BOUND
        while newest < 4000 or len(seen) <= 10:
            assert writer.poll() is None
            assert time.monotonic() < deadline, (newest, len(seen))
            word = slot.word[0]
            found = published(places)
            assert found is not None
            assert newest <= word <= found.revision
            assert len(found.routes) == (40 if found.revision == 1 else 1 + found.revision % 40)
            assert {route.since for route in found.routes} == {found.revision}
            newest = word
            seen.add(word)
    assert writer.returncode == 0


def test_the_revision_in_the_slot_is_known_without_the_plan(tmp_path: Path) -> None:
    """Whoever asks each second must not read thousands of routes each time."""
    places = prepare(tmp_path)
    assert published_revision(places) == 0
    with PlanSlot(places, writable=True) as slot:
        slot.store(7)
    assert published_revision(places) == 7
    assert not places.plan.exists()
