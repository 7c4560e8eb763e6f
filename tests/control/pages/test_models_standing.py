"""What is said of a version: its alarms, or why what is far off is none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gateway.control.pages.models_standing import CALM, IDLE, absence, standing
from gateway.routing.watches import DEFAULT_ALERTS, AlertRule, Monitor
from tests.control.pages.test_models_view import value
from tests.watching.watched import plan_of


def alarm(state: str, field: str = "temp", **given: Any) -> dict[str, Any]:
    """Return an alarm as the overview tells it."""
    usual = {"rule": "input-drift", "version": "blue", "why": "drift 0.9 of temp", "silenced": False}
    return {**usual, "state": state, "field": field, "since": "2026-11-21T14:03:00Z", **given}


def said(
    values: list[dict[str, Any]], alarms: Any = (), rules: Any = DEFAULT_ALERTS
) -> list[tuple[str, str]]:
    """Return what is said of blue: words, and why."""
    return [(mark.word, mark.why) for mark in standing("blue", "late", values, alarms, rules)]


def test_without_anything_far_off_there_are_no_alarms() -> None:
    """And without any request there is nothing that could be one."""
    assert standing("blue", "late", [value("drift", "blue", 0.2)], [], DEFAULT_ALERTS) == [CALM]
    assert standing("blue", "late", [value("rate", "blue", 0.0, n=0)], [], DEFAULT_ALERTS) == [IDLE]


def test_alarms_come_first_counted_by_rule_those_pending_with_since_when() -> None:
    """A mark and a word for each; those of other versions are not told."""
    values = [value("drift", "blue", 0.9, state="firing")]
    alarms = [alarm("pending", rule="errors"), alarm("firing"), alarm("firing", "wind")]
    assert [word for word, _ in said(values, [*alarms, alarm("firing", version="canary", rule="x")])] == [
        "alarm: input-drift × 2",
        "errors, pending since 14:03 UTC",
    ]
    assert said(values, [alarm("firing", silenced=True)])[0][0] == "alarm: input-drift, silenced"


def test_drift_beyond_its_threshold_says_what_keeps_it_from_being_an_alarm() -> None:
    """Too few predictions, no rule that looks, or a rule that is new."""
    few = [value("drift", "blue", of, field=field, n=111) for field, of in (("temp", 0.5), ("wind", 2.0))]
    assert said(few) == [
        (
            "drift 2.00 of wind and 1 more: no alarm",
            "the rule input-drift needs 1,000 in the window, and there are 111",
        )
    ]
    assert said(few, rules=()) == [
        ("drift 2.00 of wind and 1 more: no alarm", "no rule of routing.yaml looks at it")
    ]
    of_others = (AlertRule("drifts", "drift", ">", 0.25, versions=("canary",)),)
    assert said(few, rules=of_others)[0][1].startswith("no rule")
    many = [value("drift", "blue", 0.5, n=2_000)]
    assert "the next look" in said(many)[0][1]


def test_a_rule_that_looks_and_is_content_is_enough() -> None:
    """Whoever set a higher threshold wants no word about less."""
    rules = (AlertRule("input-drift", "drift", ">", 3.0),)
    assert standing("blue", "late", [value("drift", "blue", 0.9)], [], rules) == [CALM]


@pytest.mark.parametrize(
    ("every", "within"),
    [
        (60.0, "a minute"),
        (900.0, "15 minutes"),
        (3600.0, "an hour"),
        (86_400.0, "a day"),
        (1.5, "1.5 seconds"),
    ],
)
def test_what_was_not_looked_at_yet_is_not_called_idle(every: float, within: str) -> None:
    """Requests that nobody has looked at are no lack of requests."""
    route = replace(plan_of().routes[0], monitor=Monitor(every=every))
    words, mark = absence(route, is_new=True, span="hour")
    assert words == f"not looked at yet; the first look is within {within}"
    assert mark.word == "no look yet, so no alarms"
    assert absence(route, is_new=False, span="hour") == ("no requests in this hour", IDLE)


@pytest.mark.parametrize("given", [{"log": None}, {"monitor": Monitor(groups=())}])
def test_a_route_that_is_not_watched_is_never_looked_at(given: dict[str, Any]) -> None:
    """So no look is promised."""
    words, mark = absence(replace(plan_of().routes[0], **given), is_new=True, span="hour")
    assert words.startswith("not watched")
    assert mark.word == "not watched, so no alarms"
