"""A rollout in words: where it stands in each state, which steps lie behind, what is still needed."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.control.pages.rollout_view import headline, needed, view
from tests.control.pages.test_metric_view import metric


def state(word: str = "progressing", step: int = 2, **more: Any) -> dict[str, Any]:
    """A rollout as the API tells it; `more` may have parts of its progress."""
    steps = [{"weight": weight, "until": "verdict", "seconds": 0.0} for weight in (5.0, 25.0, 100.0)]
    progress = {
        "canary": "canary",
        "stable": "blue",
        "state": word,
        "step": step,
        "steps": steps,
        "why": "so it is",
        "held_by": more.pop("held_by", ""),
        "previous": more.pop("previous", ""),
        "warm_until": "2026-01-01T00:00:00.000Z",
    }
    usual = {"elapsed": 30.0, "frozen": "", "gate": "none", "gate_why": ""}
    return {
        "progress": progress,
        "stable": "blue",
        "next": "it gets 100 % once it is shown",
        "judged": True,
        "judged_at": None,
        "verdict": {"sentence": "not yet", "metrics": [metric()]},
        "situation": {**usual, **more.pop("situation", {})},
        "step_requests": 400,
        "rate": 10.0,
        "min_requests": 100,
        "max_wait": 3600.0,
        "then": "pause",
        **more,
    }


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ({**state(), "progress": None}, "There has been no rollout on this route."),
        (state(), "canary is being rolled out: step 2 of 3, 25 %."),
        (state("paused", held_by="outputs"), "paused at step 2 of 3, 25 %; outputs asks for a person."),
        (state("degraded"), "The last rollout: canary was taken back."),
        (state("healthy"), "The last rollout: canary was ended by hand."),
        (
            state("healthy", stable="canary", previous="blue"),
            "became stable. blue can be gone back to until 2026",
        ),
    ],
)
def test_a_headline_says_where_it_stands(found: dict[str, Any], words: str) -> None:
    """In every state there is."""
    assert words in headline(found)


@pytest.mark.parametrize(
    ("found", "phases"),
    [
        (state(), ["done", "here", "to-come"]),
        (state("paused", step=1), ["here", "to-come", "to-come"]),
        (state("degraded"), ["done", "ended", "missed"]),
        (state("healthy"), ["done", "ended", "missed"]),
        (state("healthy", step=3, stable="canary"), ["done", "done", "done"]),
        ({**state(), "progress": None}, []),
    ],
)
def test_each_step_has_its_place(found: dict[str, Any], phases: list[str]) -> None:
    """Behind, in force, to come; or where it ended and what was not reached."""
    assert [step["phase"] for step in view(found)["track"]] == phases


def test_what_is_over_has_no_evidence_to_show() -> None:
    """The last verdict is none of anything under way."""
    found = view(state("degraded"))
    assert (found["facts"], found["metrics"], found["is_active"]) == ([], [], False)


def test_what_holds_it_is_told() -> None:
    """Nobody who judges, a freeze window, a hook."""
    held = {"frozen": "friday", "gate": "held", "gate_why": "load test"}
    facts = dict(view(state(judged=False, situation=held))["facts"])
    assert facts["Judge"].startswith("nobody judges it at this moment")
    assert facts["Frozen"].startswith("friday: no step begins")
    assert facts["Hooks"] == "the hook holds the next step: load test"
    assert facts["So far"] == "30 s in this step, 400 requests, 10 per second"


def test_what_is_needed_is_told_in_requests_and_time() -> None:
    """Of the metric that needs most, and what happens without a verdict."""
    assert needed(state()) == (
        "about 600 more requests (1 min at this rate); after 1 h without a verdict it pauses"
    )
    unknown = {"sentence": "", "metrics": [metric(), metric(name="labels", needed=None)]}
    assert needed(state(verdict=unknown)).startswith(
        "at least 600 more requests (1 min at this rate); how many labels"
    )
    passed = {"sentence": "", "metrics": [metric(outcome="pass")]}
    assert needed(state(verdict=passed)).startswith("nothing more to count")


@pytest.mark.parametrize(
    ("until", "seconds", "words"),
    [
        ("person", 0.0, "somebody who promotes it"),
        ("time", 90.0, "1 min of its time"),
        ("time", 10.0, "no more time"),
        ("verdict", 90.0, "1 min of its time and about 600 more requests"),
    ],
)
def test_a_step_may_wait_for_time_or_a_person(until: str, seconds: float, words: str) -> None:
    """As routing.yaml says it."""
    found = state()
    found["progress"]["steps"][1] = {"weight": 25.0, "until": until, "seconds": seconds}
    assert needed(found).startswith(words)
