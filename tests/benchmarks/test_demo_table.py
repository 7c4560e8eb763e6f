"""The demo's table."""

from __future__ import annotations

from benchmarks.demo_table import Phase, footnotes, head, lines, share
from benchmarks.replay import CHANGING, Outcome

PHASES = [Phase("as found", {"blue": 0.75, "canary": 0.25}), Phase("rollback", {"blue": 1.0, "canary": 0.0})]
OUTCOMES = [
    Outcome(0, "blue", was_late=False, model="v1", seconds=0.001, probability=0.1),
    Outcome(0, "blue", was_late=True, model="v1", seconds=0.002, probability=0.8),
    Outcome(0, "canary", was_late=True, model="v3", seconds=0.003, probability=0.2),
    Outcome(CHANGING, "canary", was_late=False, error="status 502"),
    Outcome(1, "blue", was_late=False, model="v1", seconds=0.004, probability=0.4),
]


def test_each_version_has_a_line_with_its_shares_and_scores() -> None:
    """Requests, asked and served for each phase, latency, errors, how often it was right."""
    table = lines(OUTCOMES, PHASES)
    assert table == [
        ["blue", "v1", "3", "75.0% → 66.7%", "100.0% → 100.0%", "2.0", "4.0", "0", "100.0%", "1.000"],
        ["canary", "v3", "2", "25.0% → 33.3%", "0.0% → 0.0%", "3.0", "3.0", "1", "0.0%", "–"],
    ]
    assert {len(line) for line in table} == {len(head(PHASES))}


def test_requests_during_a_change_count_for_no_phase() -> None:
    """They belong to neither set of weights; a phase without requests has no share."""
    assert share("canary", OUTCOMES, 0) == 1 / 3
    assert share("canary", OUTCOMES, 2) is None


def test_unanswered_requests_have_a_line_of_their_own() -> None:
    """An error that no version signed is shown, not lost."""
    lost = Outcome(0, "", was_late=False, error="TimeoutError")
    last = lines([*OUTCOMES, lost], PHASES)[-1]
    assert last[:3] == ["(no version)", "–", "1"]
    assert "TimeoutError × 1" in footnotes([*OUTCOMES, lost])[-1]


def test_footnotes_say_what_flatters_and_what_is_left_out() -> None:
    """v3 saw March; always saying "on time" is a fair rival."""
    text = " ".join(footnotes(OUTCOMES))
    assert "v3 (canary) was trained on January to June" in text
    assert "60.0%" in text
    assert "1 requests set out while the routing was being changed" in text
