"""What is told of rollouts that need somebody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gateway.control.rollouts.state import Judged
from gateway.control.warnings.rollouts import rollout_warnings
from gateway.monitoring import ledger_layout
from gateway.monitoring.ledger import LedgerWriter
from gateway.rollout.moves import abort, pause, start
from gateway.routing.plan import UNITS, Route, RoutingPlan, Service

if TYPE_CHECKING:
    from tests.control.conftest import Site

NOW = 1_780_000_000.0
PLAN = RoutingPlan(
    (Service("blue"), Service("canary")), (Route("late", "/late", "blue", (("blue", UNITS),)),), revision=6
)
BEGUN = start(PLAN, PLAN.routes[0], "canary")
LIVE = Judged(NOW, {"late": {}})


def told(site: Site, plan: RoutingPlan = BEGUN, judged: Judged = LIVE) -> list[str]:
    """The warnings of a plan."""
    return list(rollout_warnings(site.places, plan, judged, NOW))


def test_nothing_is_said_while_all_is_well(site: Site) -> None:
    """A rollout that is judged, one that is over, none at all, a gateway that has only just been started."""
    assert told(site) == []
    assert told(site, PLAN, Judged()) == []
    assert told(site, abort(BEGUN, BEGUN.routes[0], "no"), Judged()) == []
    assert told(site, BEGUN, Judged(started=NOW - 1)) == []


def test_a_rollout_that_waits_for_a_person_is_told(site: Site) -> None:
    """With the metric that asks, its sentence and what can be done; a person's own pause is not."""
    held = pause(BEGUN, BEGUN.routes[0], "outputs: class 1 went from 12 % to 31 %", "outputs")
    assert told(site, held) == [
        "the rollout of canary on route late is paused at 5 % (step 1 of 4, outputs asks for a person): "
        "outputs: class 1 went from 12 % to 31 %; then `gateway resume`, `gateway promote` or `gateway abort`"
    ]
    silent = pause(BEGUN, BEGUN.routes[0], "blackout: for 12 s no worker has said anything")
    assert "is paused at 5 % (step 1 of 4): blackout" in told(site, silent)[0]
    assert told(site, pause(BEGUN, BEGUN.routes[0], "cli:me paused it: wait")) == []


@pytest.mark.parametrize(
    ("judged", "words"),
    [
        (Judged(), "is not judged yet"),
        (Judged(started=NOW - 60), "is not judged yet"),
        (Judged(NOW - 83, {"late": {}}), "has not been judged for 1 min 23 s"),
        (Judged(NOW, {}), "is not judged at this moment"),
    ],
)
def test_a_rollout_that_nobody_judges_is_told(site: Site, judged: Judged, words: str) -> None:
    """Never so far, no longer, or this one alone."""
    (line,) = told(site, BEGUN, judged)
    assert line.startswith(f"the rollout of canary on route late {words}: it stays at 5 %")


def test_a_ledger_that_is_full_is_told(site: Site) -> None:
    """By how many workers; those of other rollouts do not matter."""
    for rollout, worker in ((7, 0), (7, 1), (6, 0)):
        ledger = LedgerWriter(site.places.ledger(rollout, worker), 4711)
        if (rollout, worker) != (7, 1):
            ledger.words[ledger_layout.FULL] = 1
        ledger.close()
    site.places.ledger(7, 2).write_bytes(b"")
    (line,) = told(site)
    assert "1 worker has no room to count more of its requests, so its verdict may never be in" in line
