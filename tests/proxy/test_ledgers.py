"""A worker's ledgers: opened with the plan that begins a rollout, let go with the one that ends it."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from gateway.monitoring.ledger_read import read_ledger
from gateway.proxy.ledgers import Ledgers
from gateway.routing.document import to_document
from gateway.routing.places import Places
from gateway.routing.plan import Route, RoutingPlan
from gateway.routing.rollouts import Progress, State, Step
from gateway.routing.run_directory import prepare
from gateway.routing.settings import Sticky

WEIGHTS = (("blue", 90_000), ("canary", 10_000))


def route(rollout: int, since: int = 5, state: State = "progressing", sticky: Sticky | None = None) -> Route:
    """Return a route with a rollout; 0: with none."""
    progress = Progress(rollout, "canary", "blue", state, 0, (Step(10_000),), "it began") if rollout else None
    name = f"r{rollout}"
    return Route(name, f"/{name}", "blue", WEIGHTS, sticky, progress=progress, since=since)


def follow(ledgers: Ledgers, *routes: Route) -> None:
    """Adopt a plan with these routes."""
    ledgers.follow(to_document(RoutingPlan((), routes))["routes"])


async def ledgers_of(tmp_path: Path, number: int = 0) -> tuple[Places, Ledgers]:
    """Return the ledgers of a worker."""
    places = prepare(tmp_path / "state")
    return places, Ledgers(places, number, asyncio.get_running_loop())


def numbers(places: Places) -> list[str]:
    """Return which ledgers there are."""
    return [path.name for path in places.ledgers()]


def is_open(path: Path) -> bool:
    """Tell whether this process holds a file open or mapped."""
    found = str(path.resolve())
    held = [os.path.realpath(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd")]
    return found in held or found in Path("/proc/self/maps").read_text()


async def test_a_plan_opens_what_it_needs(tmp_path: Path) -> None:
    """One ledger for each rollout under way, before any request comes."""
    places, ledgers = await ledgers_of(tmp_path, 3)
    follow(
        ledgers,
        route(0),
        route(4),
        route(5, state="paused"),
        route(6, state="degraded"),
        route(7, state="healthy"),
    )
    assert numbers(places) == ["ledger-4-3", "ledger-5-3"]
    assert places.ledgers(4) == [places.ledger(4, 3)]
    assert [c.since for c in read_ledger(places.ledger(4, 3)).counters] == [5, 5]
    ledgers.close()


async def test_only_routes_with_a_rollout_under_way_have_trials(tmp_path: Path) -> None:
    """For all others there is nothing to be told."""
    _, ledgers = await ledgers_of(tmp_path)
    follow(ledgers, route(0), route(4), route(6, state="degraded"))
    assert ledgers.trials(route(4)) is not None
    assert ledgers.trials(route(0)) is None
    assert ledgers.trials(route(6, state="degraded")) is None
    assert ledgers.trials(route(99)) is None
    ledgers.close()


async def test_the_next_plan_goes_on_in_the_same_interval(tmp_path: Path) -> None:
    """Whatever else it changes; a change of weights begins another one in the same file."""
    places, ledgers = await ledgers_of(tmp_path)
    intervals = []
    for since in (5, 5, 6):
        follow(ledgers, route(4, since))
        trials = ledgers.trials(route(4, since))
        assert trials is not None
        intervals.append(trials.interval)
    assert intervals[0] is intervals[1]
    assert intervals[1] is not intervals[2]
    assert [c.since for c in read_ledger(places.ledger(4, 0)).counters] == [5, 5, 6, 6]
    ledgers.close()


async def test_a_ledger_says_whether_its_route_has_keys(tmp_path: Path) -> None:
    """As whoever reads it has to know which of its numbers to expect."""
    places, ledgers = await ledgers_of(tmp_path)
    follow(ledgers, route(4), route(5, sticky=Sticky("ip")))
    assert [read_ledger(places.ledger(n, 0)).keyed for n in (4, 5)] == [False, True]
    ledgers.close()


async def test_the_end_of_a_rollout_lets_go_of_its_file(tmp_path: Path) -> None:
    """The file stays for whoever reads it last; nothing is held open."""
    places, ledgers = await ledgers_of(tmp_path)
    follow(ledgers, route(4))
    assert is_open(places.ledger(4, 0))
    follow(ledgers, route(4, state="healthy"))
    assert not is_open(places.ledger(4, 0))
    assert ledgers.trials(route(4)) is None
    assert numbers(places) == ["ledger-4-0"]


async def test_without_memory_nothing_is_counted_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The plan holds all the same, and the next one tries again."""
    _, ledgers = await ledgers_of(tmp_path)

    def full(fd: int, at: int, size: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "posix_fallocate", full)
        follow(ledgers, route(4))
    assert ledgers.trials(route(4)) is None
    assert "ledger-4-0 cannot be written (No space left on device)" in caplog.text
    follow(ledgers, route(4))
    assert ledgers.trials(route(4)) is not None
    ledgers.close()
