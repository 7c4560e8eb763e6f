"""Where a rollout stands and what it needs, in the words that terminal and dashboard have in common."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.control.rollouts.standing import facts, is_under_way, more, needed, next_words, outlook
from tests.cli.rollouts import metric, none, rollout, step

TIMED = {"steps": [step(1), step(5, "time", 60), step(25), step(100)]}
LAST = {"steps": [step(1), step(50), step(100)]}
PASSED = {"outcome": "pass", "sentence": "it is good", "metrics": [metric()]}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            {**TIMED, "situation": {"gate": "held", "gate_why": "CI is red"}},
            "the time of this step is over and the hook holds it; it gets 25 % once that is over",
        ),
        (
            {**TIMED, "situation": {"frozen": "Fri 16:00 - Mon 08:00"}},
            "the time of this step is over and the freeze (Fri 16:00 - Mon 08:00) holds it; it gets 25 %",
        ),
        (TIMED, "over; it gets 25 % after a request of the canary's, if it had none in this step"),
        ({**TIMED, "step_requests": 0}, "over; it gets 25 % after a request of the canary's"),
        ({**TIMED, "situation": {"elapsed": 9.0, "frozen": "x"}}, "it gets 25 % once it is shown"),
        (
            {**LAST, "verdict": PASSED, "situation": {"gate": "asked"}},
            "this step is passed and the hook holds it; it becomes stable once that is over",
        ),
        ({**LAST, "situation": {"frozen": "x"}}, "it gets 25 % once it is shown"),
    ],
)
def test_a_step_that_is_over_says_what_holds_it(given: dict[str, Any], words: str) -> None:
    """A hook, a freeze window, or that nobody asked the canary anything."""
    assert words in next_words(rollout(**given))


@pytest.mark.parametrize(
    ("state", "expected"), [("progressing", True), ("paused", True), ("healthy", False), ("degraded", False)]
)
def test_a_rollout_is_under_way_while_its_canary_has_requests(state: str, expected: bool) -> None:
    """Paused or not."""
    assert is_under_way(rollout(state=state)) is expected
    assert not is_under_way(none())


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "about 2,400 more requests, 3 min 20 s at this rate"),
        ({"rate": 0.0}, "about 2,400 more requests; after"),
        ({"min_requests": 9000}, "about 3,600 more requests"),
        ({"then": "abort", "max_wait": 600.0}, "after 10 min without a verdict it is taken back"),
        (
            {"steps": [step(1), step(5, "person"), step(100)]},
            "a person who takes the next step (`gateway promote`)",
        ),
        ({"steps": [step(1), step(5, "time", 600), step(25), step(100)]}, "6 min 37 s of its time"),
        ({"steps": [step(1), step(5, "time", 60), step(25), step(100)]}, "a request of the canary's"),
        ({"steps": [step(1), step(5, "time", 600), step(100)]}, "6 min 37 s of its time and about 2,400"),
    ],
)
def test_what_the_step_needs(given: dict[str, Any], words: str) -> None:
    """Requests, time or a person, by what ends it; before 100 % a verdict in any case."""
    assert words in needed(rollout(metric(), **given))


OVER = [step(1), step(5, "time", 60), step(25), step(100)]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"situation": {"gate": "held"}}, "nothing more; the hook holds it"),
        ({"situation": {"frozen": "Fri 16:00 - Mon 08:00"}}, "nothing more; the freeze (Fri 16:00 - Mon"),
        ({"situation": {"frozen": "x"}, "step_requests": 0}, "a request of the canary's, and the freeze (x)"),
        ({}, "a request of the canary's, if it had none in this step"),
        ({"step_requests": 0}, "a request of the canary's"),
        ({"situation": {"gate": "open"}}, "nothing more"),
    ],
)
def test_a_step_whose_time_is_over_needs_what_holds_it(given: dict[str, Any], words: str) -> None:
    """A request is named for certain only where the canary had none for certain."""
    found = needed(rollout(metric(), steps=OVER, **given))
    assert found == words or found.startswith(words + ("" if "(" in words else "!"))


@pytest.mark.parametrize(
    ("rate", "said"),
    [(12.0, "5,387 users (12 new per second)"), (0.0, "5,387 users (0 new per second)")],
)
def test_pinned_users_are_not_called_requests(rate: float, said: str) -> None:
    """Each counts once in a step, so where none is new the step will not end: that is said."""
    found = dict(facts(rollout(metric(), counts="users", rate=rate)))
    assert said in found["so far"]
    assert ("about 2,400 more users, but no new user comes" in found["needed"]) == (rate == 0)


def test_what_cannot_be_told_yet_is_said_beside_what_is_known() -> None:
    """The least that is needed, and which metric nobody can tell of."""
    found = needed(rollout(metric(), metric("labels", needed=None)))
    assert found.startswith("at least 2,400 more requests, 3 min 20 s at this rate; how many labels takes")
    assert needed(rollout(metric(outcome="pass"), min_requests=0)).startswith("nothing more to count")


def test_a_rollout_that_has_just_begun_is_not_said_to_be_judged_by_nobody() -> None:
    """Whoever reads that at once after the start would abort it; the judge looks each second."""
    waiting = rollout(judged=False, is_new=True)
    assert dict(outlook(waiting))["judge"] == "the judge has not looked yet; it does once a second"
    assert dict(outlook({**waiting, "is_new": False}))["judge"].startswith("NOBODY judges it")


def test_time_and_requests_name_the_stretch_that_they_are_of() -> None:
    """The time of a step begins anew when it is resumed; what was counted in it stays."""
    found = dict(facts(rollout(metric(), why="cli:ann resumed it: calm")))
    assert found["so far"].startswith("3 min 23 s since it was resumed; 5,387 requests in the whole step (")
    assert "in this step, " in dict(facts(rollout(metric())))["so far"]


@pytest.mark.parametrize(
    ("count", "rate", "words"),
    [
        (1, 12.0, "about 1 more user, less than a second at this rate"),
        (24, 12.0, "about 24 more users, 2 s at this rate"),
    ],
)
def test_one_is_not_many_and_no_time_is_no_zero(count: int, rate: float, words: str) -> None:
    """As a person says it."""
    assert more(count, rollout(counts="users", rate=rate)) == words
