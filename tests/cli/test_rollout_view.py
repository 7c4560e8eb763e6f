"""A rollout drawn: complete, on 80 columns, without colour."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from gateway.cli.rollout_view import drawn, effect
from tests.cli.rollouts import metric, rollout

FIVE = tuple(metric(name) for name in ("errors", "latency p50", "latency p95", "latency p99", "outputs"))


def shown(found: dict[str, Any], width: int = 80) -> list[str]:
    """A drawing as a plain terminal shows it."""
    console = Console(width=width, color_system=None, markup=False)
    with console.capture() as capture:
        console.print(drawn(found))
    return [line.rstrip() for line in capture.get().splitlines()]


def test_it_fits_a_terminal_of_80_columns() -> None:
    """Every number is there, nothing is cut, and the bars stand whole."""
    lines = shown(rollout(*FIVE))
    assert max(map(len, lines)) <= 80
    assert not any("…" in line for line in lines)
    row = next(line for line in lines if line.startswith("· latency p95"))
    assert row.split()[3:9] == ["1312", "0.46", "40.1k", "0.45", "1.04", "(0.42–2.31)"]
    assert row.endswith("┃········━│━━━━·····┃")


def test_it_says_where_it_stands_how_long_and_what_is_needed() -> None:
    """Each with its label."""
    lines = shown(rollout(*FIVE))
    assert lines[:3] == [
        "rollout of canary, step 2 of 4, 5 %: errors: 3 of 900 [/x]",
        "",
        "  1\u00a0% ━━ [5\u00a0%] ── 25\u00a0% ── 100\u00a0%",
    ]
    text = "\n".join(lines)
    assert "so far  3 min 23 s in this step, 5,387 requests (12 per second)" in text
    assert "needed  about 2,400 more requests, 3 min 20 s at this rate; after 6 h without" in text
    assert "next    it gets 25 % once it is shown" in text
    assert "verdict it is early" in text


def test_each_outcome_has_a_sign() -> None:
    """So that it shows without colour."""
    outcomes = ("pass", "fail", "hold", "inconclusive")
    lines = shown(rollout(*(metric(f"m{n}", outcome=outcome) for n, outcome in enumerate(outcomes))))
    assert [line[:4] for line in lines if line[2:3] == "m" and line[3].isdigit()] == [
        "✓ m0",
        "✗ m1",
        "? m2",
        "· m3",
    ]


def test_what_cannot_pass_has_no_bad_events_but_a_sentence() -> None:
    """Outputs, and judges elsewhere."""
    found = metric("ci", good_bar=0.0, worse_bar=0.0, effect=None, sentence="ci: says go")
    lines = shown(rollout(metric(), found))
    assert next(line for line in lines if line.startswith("· ci")).split()[2:7] == [
        "1312",
        "–",
        "40.1k",
        "–",
        "–",
    ]
    assert "ci      says go" in lines


def test_a_rollout_that_is_over_is_its_steps_and_a_sentence() -> None:
    """Whatever was judged last."""
    lines = shown(rollout(*FIVE, state="degraded"))
    assert lines[0] == "last rollout: canary was TAKEN BACK: errors: 3 of 900 [/x]"
    assert len(lines) == 2


def test_a_paused_one_needs_somebody() -> None:
    """So nothing is said of requests that are needed."""
    lines = shown(rollout(*FIVE, state="paused"))
    assert "PAUSED" in lines[0]
    assert not any(line.startswith("needed") for line in lines)


def test_before_the_first_verdict_there_is_no_table() -> None:
    """And that nobody judges is said."""
    lines = shown(rollout(verdict=None, judged=False, judged_at=None))
    assert not any("times as bad" in line and "metric" in line for line in lines)
    assert any(line.startswith("judge") and "NOBODY" in line for line in lines)


def test_what_holds_the_next_step_up_is_told() -> None:
    """A freeze window, and hooks."""
    held = {"frozen": "Fri 16:00 - Mon 08:00", "gate": "held", "gate_why": "CI is red"}
    text = "\n".join(shown(rollout(*FIVE, situation=held)))
    assert "frozen  Fri 16:00 - Mon 08:00: no step begins by itself until that ends" in text
    assert "hooks   the next step is held: CI is red" in text


def test_outputs_have_no_tick_before_twenty_predictions_of_each() -> None:
    """Fewer look alike whatever they are."""
    early = metric("outputs", outcome="pass", canary_requests=19)
    enough = metric("outputs", outcome="pass", canary_requests=20)
    others = metric("errors", outcome="pass", canary_requests=19)
    signs = [
        next(x for x in shown(rollout(m)) if m["name"] in x and "errors:" not in x)[0]
        for m in (early, enough, others)
    ]
    assert signs == ["·", "✓", "✓"]


def test_an_effect_says_what_is_known() -> None:
    """A question mark for an end that is not."""
    assert effect(metric()) == "1.04 (0.42–2.31)"
    assert effect(metric(low=None, high=None)) == "1.04 (?–?)"
    assert effect(metric(effect=None)) == "–"
