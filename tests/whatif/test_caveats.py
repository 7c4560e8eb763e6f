"""What recorded requests cannot tell."""

from __future__ import annotations

from dataclasses import replace

from gateway.requestlog.policy import Filter, LogPolicy
from gateway.routing.plan import Override, RoutingPlan
from gateway.routing.settings import Sticky
from gateway.whatif.caveats import caveats
from gateway.whatif.recorded import Found
from gateway.whatif.resplit import Division, Outcome
from tests.whatif.test_resplit import STICKY, plan_of

FOUND = Found(100, 0, 0, 0.0, 1.0, {"late": 100}, frozenset({("late", 1)}), 0)


def told(found: Found, before: RoutingPlan, other: RoutingPlan, outcome: Outcome | None = None) -> str:
    """Return all sentences as one text."""
    outcome = outcome or Outcome({"late": Division()})
    return "\n".join(caveats(found, outcome, other, {1: before}, []))


def test_without_doubts_only_the_usual_one_is_told() -> None:
    """Nobody knows what would have been answered."""
    plan = plan_of({"blue": 1})
    assert told(FOUND, plan, plan).splitlines() == [
        "what would be answered is not known: health, retries, limits and rollouts are left out of account"
    ]


def test_what_the_log_lacks_is_told() -> None:
    """A sample, dropped records, a route that logs some of its requests, and those left out."""
    policy = LogPolicy(sample=0.1)
    plan = plan_of({"blue": 1})
    sampled = replace(plan, routes=(replace(plan.routes[0], log=policy),))
    found = replace(FOUND, divisible=4_000_000, dropped=7, pathless=3, turned_away=2)
    text = told(found, sampled, plan, Outcome({"late": Division()}, previews=1))
    for part in (
        "sample of about 50.0%",
        "7 records were dropped",
        "logs 10 %",
        "3 requests",
        "2 requests",
        "1 prev",
    ):
        assert part in text


def test_keys_and_headers_are_not_in_the_log() -> None:
    """Another key than before is worse than the same one."""
    plan, sticky = plan_of({"blue": 1}), plan_of({"blue": 1}, sticky=STICKY)
    assert "an estimate" in told(FOUND, sticky, sticky)
    assert "by something else" in told(FOUND, plan, sticky)
    other = plan_of({"blue": 1}, sticky=Sticky("cookie", "u"))
    assert "by something else" in told(FOUND, sticky, other)
    overridden = replace(plan, routes=(replace(plan.routes[0], overrides=(Override("x", "1", "blue"),)),))
    assert "other overrides" in told(FOUND, plan, overridden)


def test_strict_filters_hide_paths() -> None:
    """Which matters where the other file has routes below."""
    plan = plan_of({"blue": 1})
    strict = replace(plan, routes=(replace(plan.routes[0], log=LogPolicy(filter=Filter(mode="strict"))),))
    below = replace(plan.routes[0], name="deep", path="/late/deep")
    assert "deep below it" in told(FOUND, strict, replace(plan, routes=(*plan.routes, below)))
    assert "below it" not in told(FOUND, strict, plan)


def test_revisions_that_are_gone_are_named() -> None:
    """With what it does to the numbers."""
    plan = plan_of({"blue": 1})
    assert "revision 3, 4" in "\n".join(caveats(FOUND, Outcome(), plan, {}, {4, 3}))
