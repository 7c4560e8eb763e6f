"""The demo's table."""

from __future__ import annotations

from benchmarks.demo_table import Phase, by_phase, by_version, footnotes
from benchmarks.replay import CHANGING, Outcome

PHASES = [Phase("as found", {"blue": 0.75, "canary": 0.25}), Phase("rollback", {"blue": 1.0, "canary": 0.0})]
OUTCOMES = [
    Outcome(0, "blue", was_late=False, model="v1", seconds=0.001, probability=0.1),
    Outcome(0, "blue", was_late=True, model="v1", seconds=0.002, probability=0.8),
    Outcome(0, "canary", was_late=True, model="v3", seconds=0.003, probability=0.2),
    Outcome(CHANGING, "canary", was_late=False, error="status 502"),
    Outcome(1, "blue", was_late=False, model="v1", seconds=0.004, probability=0.4),
]


def test_each_version_has_a_line_with_its_scores() -> None:
    """Requests, latency, errors and how often it was right; a version without traffic keeps its line."""
    phases = [*PHASES, Phase("more", {"green": 0.0})]
    content = by_version(OUTCOMES, phases)
    assert content.lines == [
        ["blue", "v1", "3", "2.0", "4.0", "0", "100.0%", "1.000"],
        ["canary", "v3", "2", "3.0", "3.0", "1", "0.0%", "–"],
        ["green", "–", "0", "–", "–", "0", "–", "–"],
    ]
    assert {len(line) for line in content.lines} == {len(content.head)}


def test_each_phase_has_a_line_with_the_shares_asked_and_served() -> None:
    """Requests that set out during a change belong to neither set of weights."""
    content = by_phase(OUTCOMES, [*PHASES, Phase("later", {"blue": 1.0})])
    assert content.head == ("phase", "requests", "blue", "canary")
    assert content.lines == [
        ["as found", "3", "75.0% → 66.7%", "25.0% → 33.3%"],
        ["rollback", "1", "100.0% → 100.0%", "0.0% → 0.0%"],
        ["later", "0", "100.0% → –", "0.0% → –"],
    ]


def test_unanswered_requests_have_a_line_of_their_own() -> None:
    """An error that no version signed is shown, not lost."""
    lost = Outcome(0, "", was_late=False, error="TimeoutError")
    assert by_version([*OUTCOMES, lost], PHASES).lines[-1][:3] == ["(no version)", "–", "1"]
    assert "TimeoutError × 1" in footnotes([*OUTCOMES, lost])[-1]


def test_footnotes_say_what_flatters_and_what_is_left_out() -> None:
    """v3 saw March; always saying "on time" is a fair rival."""
    text = " ".join(footnotes(OUTCOMES))
    assert "v3 (canary) was trained on January to June" in text
    assert "60.0%" in text
    assert "1 requests set out while a command was changing the weights" in text
