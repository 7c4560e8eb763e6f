"""What a rollback means for rollouts."""

from __future__ import annotations

from gateway.cli.rollback_told import rollouts_told
from gateway.rollout.moves import complete, let_go, start
from gateway.routing.parse import parse
from gateway.routing.plan import RoutingPlan
from gateway.routing.revise import roll_back, succeed
from tests.cli.site import ROUTING, Site

PLAN = succeed(None, parse(ROUTING, model_exists=lambda _: None))
BEGUN = succeed(PLAN, start(PLAN, PLAN.routes[0], "canary"))
PROMOTED = succeed(BEGUN, complete(BEGUN, BEGUN.routes[0], "fine", 1000.0))
NOW = 1500.0


def rolled_back(plan: RoutingPlan, now: float = NOW) -> RoutingPlan:
    """The next plan, for the first route; the same one where nothing changes."""
    after = roll_back(plan, "late", now)
    return plan if after == plan else succeed(plan, after)


def test_after_a_promotion_the_version_before_is_stable_again() -> None:
    """As long as it is warm."""
    after = rolled_back(PROMOTED)
    assert list(rollouts_told(PROMOTED, after, NOW)) == ["late: blue is stable again, instead of canary"]
    assert list(rollouts_told(after, rolled_back(after), NOW)) == []


def test_a_rollout_under_way_is_over() -> None:
    """Stable has not changed."""
    told = list(rollouts_told(BEGUN, rolled_back(BEGUN), NOW))
    assert told == ["late: the rollout of canary is over; blue stays stable"]


def test_where_nothing_is_warm_any_more_it_says_why() -> None:
    """With what is possible instead; also once its replicas rest."""
    later = NOW + 24 * 3600
    for plan in (PROMOTED, succeed(PROMOTED, let_go(PROMOTED, PROMOTED.routes[0]))):
        after = rolled_back(plan, later)
        assert after is plan
        (line,) = rollouts_told(plan, after, later)
        assert line.startswith(
            "late: canary stays stable; blue, which it replaced, is not kept warm any more"
        )
        assert line.endswith("gateway switch blue")


def test_where_there_was_no_rollout_nothing_is_said() -> None:
    """Nor of one that had been taken back already."""
    assert list(rollouts_told(PLAN, rolled_back(PLAN), NOW)) == []


def test_the_verb_says_it(site: Site) -> None:
    """After what is live."""
    site.run("rollout", "canary", "--steps", "50")
    site.run("promote", "--full")
    lines = site.run("rollback", "--route", "late").out.splitlines()
    assert lines[-1] == "  late: blue is stable again, instead of canary"
    assert site.head().plan.routes[0].stable == "blue"


def test_the_way_back_from_a_promotion_is_told() -> None:
    """Where a rollback left it alone, whether it changed something else or nothing at all."""
    line = "late: canary is stable; to go back to blue, which is warm for 51 min 40 s: "
    line += "gateway rollback --route late"
    other = succeed(PROMOTED, roll_back(PROMOTED, "protocol", NOW))
    assert other.routes[1].weights != PROMOTED.routes[1].weights
    assert list(rollouts_told(PROMOTED, other, NOW)) == [line]
    assert list(rollouts_told(other, other, NOW)) == [line]
    assert not any("to go back" in told for told in rollouts_told(other, other, 4600.0))
