"""A rollout in words: where it stands in each state, which steps lie behind, what is still needed."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.control.pages.rollout_view import LABELS, headline, told, view
from gateway.control.rollouts.standing import facts, outlook
from tests.control.pages.test_metric_view import metric
from tests.control.pages.test_metric_view import state as judged_state


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
        "thresholds_ms": [],
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
        "verdict": {"outcome": "inconclusive", "sentence": "not yet", "metrics": [metric()]},
        "situation": {**usual, **more.pop("situation", {})},
        "step_requests": 400,
        "rate": 10.0,
        "counts": "requests",
        "spec": {**judged_state()["spec"], "keep_warm": 3600.0},
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
    assert (found["facts"], found["cards"], found["moves"]) == ([], [], {})
    assert not found["is_active"]


def test_the_facts_come_in_the_order_in_which_one_asks() -> None:
    """How far, what the judge says, what is next, what is needed; then what holds it."""
    held = {"frozen": "friday", "gate": "held", "gate_why": "load test"}
    found = told(state(judged=False, situation=held))
    assert [label for label, _ in found] == [
        "So far",
        "Verdict so far",
        "Next",
        "Still needed",
        "Frozen",
        "Hooks",
        "Judge",
    ]
    facts = dict(found)
    assert facts["Judge"].startswith("NOBODY judges it at this moment")
    assert facts["Frozen"].startswith("friday: no step begins")
    assert facts["Hooks"] == "the next step is held: load test"
    assert facts["So far"] == "30 s in this step, 400 requests (10 per second)"


def test_the_page_says_what_the_terminal_says() -> None:
    """Word for word: both take it from the same place."""
    page = dict(view(state())["facts"])
    terminal = dict([*facts(state()), *outlook(state())])
    assert [page[LABELS[name]] for name in terminal] == list(terminal.values())


def test_a_paused_one_needs_a_person_and_says_which_buttons() -> None:
    """And what there is to look at."""
    found = dict(told(state("paused", held_by="outputs")))
    assert found["Still needed"] == "a person to look at outputs: Resume, Next step or Abort"


def test_every_move_is_offered_while_it_is_under_way() -> None:
    """As plain values, for a script."""
    assert list(view(state())["moves"]) == ["pause", "resume", "promote", "complete", "abort"]
