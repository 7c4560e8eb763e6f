"""Asking for quiet: what makes no sense is refused."""

from __future__ import annotations

import time

import pytest

from gateway.errors import ChangeRefused
from gateway.routing.watches import DEFAULT_ALERTS
from gateway.watching.quiet import LONGEST, ask, lift, told
from tests.watching.watched import Watched, plan_of

PLAN = plan_of(DEFAULT_ALERTS)


def test_a_silence_is_told_with_its_times(it: Watched) -> None:
    """As people read them."""
    made = ask(it.places, PLAN, "input-drift", "late", "cli:ada", "a holiday", 60.0)
    assert made.until - made.since == 60.0
    assert abs(made.since - time.time()) < 60
    shown = told(made)
    assert (shown["rule"], shown["author"], shown["until"][-1]) == ("input-drift", "cli:ada", "Z")
    assert lift(it.places, "input-drift", "")[0].id == made.id


@pytest.mark.parametrize(
    ("rule", "route", "reason", "seconds", "said"),
    [
        ("input-drif", "", "r", 60.0, "there is no rule input-drif; did you mean input-drift?"),
        ("errors", "lat", "r", 60.0, "there is no route lat; did you mean late?"),
        ("errors", "", "  ", 60.0, "needs a reason"),
        ("errors", "", "r", LONGEST + 1, "up to 30 days"),
        ("errors", "", "r", 0.0, "up to 30 days"),
    ],
)
def test_what_makes_no_sense_is_refused(
    it: Watched, rule: str, route: str, reason: str, seconds: float, said: str
) -> None:
    """A misspelt rule would be silently useless."""
    with pytest.raises(ChangeRefused, match=said.replace("?", r"\?")):
        ask(it.places, PLAN, rule, route, "cli:ada", reason, seconds)


def test_what_is_not_silenced_cannot_be_lifted(it: Watched) -> None:
    """Whether or not anything was watched yet."""
    with pytest.raises(ChangeRefused, match="rule errors is not silenced on route late"):
        lift(it.places, "errors", "late")
    ask(it.places, PLAN, "errors", "", "cli:ada", "r", 60.0)
    with pytest.raises(ChangeRefused, match="not silenced"):
        lift(it.places, "input-drift", "")
