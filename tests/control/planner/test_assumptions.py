"""What is planned for: the traffic that is known, unless the asker says another."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gateway.control.planner import assumptions
from gateway.control.planner.assumptions import ASSUMED_ERRORS, Question, ask_of, outlook_on
from gateway.errors import ChangeRefused
from gateway.rollout.outlook import Traffic
from gateway.routing.places import Places
from gateway.routing.plan import Route
from gateway.routing.rollouts import Step

ROUTE = Route("late", "/", "blue", (("blue", 100_000), ("canary", 0)))
SEEN = Traffic(80.0, 0.03, source="3 of 100 answers of blue failed")


def test_without_traffic_and_without_a_rate_there_is_nothing_to_plan() -> None:
    """With a rate there is; who assumes the errors says so in their own words."""
    assert ask_of(None, ROUTE, Question("canary", None, 0.02), "assumed") is None
    ask = ask_of(None, ROUTE, Question("canary", 50.0), "assumed")
    assert ask is not None
    assert (ask.traffic.rate, ask.traffic.error_rate, ask.traffic.source) == (50.0, ASSUMED_ERRORS, "assumed")
    given = ask_of(None, ROUTE, Question("canary", 50.0, 0.02), "assumed")
    assert given is not None
    assert (given.traffic.error_rate, given.traffic.source) == (0.02, "as given")


def test_what_is_said_goes_before_what_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each part on its own; a rate that is given is told as one that was seen."""
    monkeypatch.setattr(assumptions, "recent_traffic", lambda *_: SEEN)
    places = Places(Path("nowhere"))
    expected = {
        Question("canary"): SEEN,
        Question("canary", 40.0): replace(SEEN, rate=40.0),
        Question("canary", None, 0.02): replace(SEEN, error_rate=0.02, source="errors as given"),
    }
    for question, traffic in expected.items():
        ask = ask_of(places, ROUTE, question, "assumed")
        assert ask is not None
        assert ask.traffic == traffic


def test_stable_cannot_be_rolled_out() -> None:
    """It has all that there is to have."""
    with pytest.raises(ChangeRefused, match="blue is stable on route late already"):
        ask_of(None, ROUTE, Question("blue", 50.0), "assumed")


def test_the_same_question_has_the_same_answer() -> None:
    """All chance is drawn from one seed."""
    steps = (Step(10_000), Step(100_000))
    ask = ask_of(None, ROUTE, Question("canary", 50.0, 0.02, steps), "assumed")
    assert ask is not None
    assert ask.rollout.steps == steps
    assert outlook_on(ask, 1) == outlook_on(ask, 1)
