"""What the API reads beside the status."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from gateway.control import readings
from gateway.errors import GatewayError
from gateway.monitoring.health_report import report_path, write
from gateway.routing.change import Request, commit
from gateway.routing.shares import replace_weights

if TYPE_CHECKING:
    from tests.control.conftest import Site


def to_canary(site: Site, share: float) -> None:
    """Make a revision."""
    request = Request("set-weight", "someone", "because")
    weights = {"blue": 100 - share, "canary": share}
    commit(site.places, request, lambda plan: replace_weights(plan, "late", weights))


def test_the_live_plan_is_the_published_one(site: Site) -> None:
    """Without one there is an answer that says so."""
    assert readings.live_plan(site.places).revision == 1
    site.places.plan.unlink()
    with pytest.raises(GatewayError, match="no plan is live yet"):
        readings.live_plan(site.places)


def test_a_division_is_told_in_percent(site: Site) -> None:
    """In the order of the file."""
    told = {"route": "late", "stable": "blue", "weights": {"blue": 90.0, "green": 0.0, "canary": 10.0}}
    assert readings.weights_of(site.route()) == told


def test_revisions_come_newest_first_with_what_changed(site: Site) -> None:
    """Each is compared with the one before it, the first with nothing."""
    to_canary(site, 50)
    newest, first = readings.revisions(site.places, 10)
    assert newest["revision"] == 2
    assert (newest["author"], newest["reason"], newest["action"]) == ("someone", "because", "set-weight")
    assert newest["difference"] == ["late: canary 10 % -> 50 %, blue 90 % -> 50 %"]
    assert first["difference"] == ["first revision: 2 routes, 3 services"]


def test_the_limit_keeps_the_difference_of_the_last_one_shown(site: Site) -> None:
    """What lies beyond the limit is still compared with."""
    to_canary(site, 50)
    to_canary(site, 60)
    found = readings.revisions(site.places, 1)
    assert [entry["revision"] for entry in found] == [3]
    assert found[0]["difference"] == ["late: canary 50 % -> 60 %, blue 50 % -> 40 %"]


def test_the_oldest_revision_kept_is_not_called_the_first(site: Site) -> None:
    """Where its predecessor is no longer kept, nothing can be said of its difference."""
    to_canary(site, 50)
    assert [entry["difference"] for entry in readings.entries([site.head()])] == [[]]


def test_times_are_iso_8601_in_utc() -> None:
    """To the millisecond, with the Z that every parser knows."""
    assert readings.iso_time(1_700_000_000.25) == "2023-11-14T22:13:20.250Z"


def test_ready_needs_a_plan_and_a_worker_that_lives(site: Site) -> None:
    """Each thing that is missing is named."""
    assert readings.why_not_ready(site.places).startswith("no worker has given a sign of life")
    tally = site.tally()
    tally.beat(time.monotonic() - 60, 1, 0)
    assert readings.why_not_ready(site.places).startswith("no worker has given a sign of life")
    tally.beat(time.monotonic() + 60, 1, 0)
    assert readings.why_not_ready(site.places) == ""
    site.places.plan.unlink()
    assert readings.why_not_ready(site.places).startswith("no plan is live")


def test_ready_needs_a_route_that_can_answer(site: Site) -> None:
    """One is enough; without any, the worst are named."""
    site.tally().beat(time.monotonic() + 60, 1, 0)

    def tell(**states: str) -> None:
        seen = {name: {"replicas": {"127.0.0.1:1": state}} for name, state in states.items()}
        write(report_path(site.places.run, 0), {"services": seen})

    tell(blue="down", green="up", canary="down")
    assert readings.why_not_ready(site.places) == ""
    tell(blue="down", green="down", canary="down")
    why = readings.why_not_ready(site.places)
    assert why.startswith("no route can answer: route late: every request gets 503 (blue and canary have no")
