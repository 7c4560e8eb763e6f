"""The drawings say all of it without colour."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.cli.rollout_bars import HALF, HEADING, evidence_bar, filled, steps_line
from tests.cli.rollouts import metric, progress, step

LINE = "1\u00a0% ━━ [5\u00a0%] ── 25\u00a0% ── 100\u00a0%"


def test_the_step_in_force_stands_in_brackets() -> None:
    """Those behind it are joined by a thick line, those to come by a thin one."""
    assert steps_line(progress()).plain == LINE
    assert steps_line(progress(state="paused")).plain == LINE
    assert steps_line(progress(step=1)).plain.startswith("[1\u00a0%] ── 5")


def test_a_rollout_that_is_over_has_no_step_in_force() -> None:
    """All of it is done, or it was taken back at one."""
    assert "[" not in steps_line(progress(state="healthy", step=4)).plain
    assert "──" not in steps_line(progress(state="healthy", step=4)).plain
    assert steps_line(progress(state="degraded")).plain == LINE.replace("[5\u00a0%]", "5\u00a0% ✗")


def test_what_ends_a_step_stands_beside_it() -> None:
    """A time, or a person."""
    steps = [step(1, "time", 600), step(5, "person"), step(100)]
    assert steps_line(progress(steps=steps)).plain.replace("\u00a0", " ") == (
        "1 % (10 min) ━━ [5 % (a person)] ── 100 %"
    )


def test_evidence_grows_from_the_middle_to_either_side() -> None:
    """Half a bar is half of its side; no evidence, or evidence to the contrary, is none."""
    assert evidence_bar(metric(worse=-3.0, good=1.5)).plain == "┃·········│━━━━·····┃"
    assert evidence_bar(metric(worse=2.0, good=None)).plain == "┃···━━━━━━│·········┃"
    assert len(HEADING) == len(evidence_bar(metric()).plain) == 2 * HALF + 3


def test_a_bar_that_is_reached_shows() -> None:
    """It looks full only then."""
    assert evidence_bar(metric(good=2.999)).plain.endswith("━━━━━━━━·┃")
    assert evidence_bar(metric(good=3.0)).plain.endswith("━━━━━━━━━█")
    assert evidence_bar(metric(worse=3.1)).plain.startswith("█━━━━━━━━━│")


def test_a_verdict_that_is_not_possible_has_no_bar() -> None:
    """As `good` of outputs, which may only hold."""
    assert evidence_bar(metric(good=0.0, good_bar=0.0)).plain[-1] == " "


@given(st.floats(allow_nan=False), st.floats(0.1, 100))
def test_a_side_is_full_exactly_where_its_bar_is_reached(evidence: float, bar: float) -> None:
    """Whatever the evidence."""
    assert (filled(evidence, bar) == HALF) == (evidence >= bar)
    assert 0 <= filled(evidence, bar) <= HALF


@pytest.mark.parametrize(("evidence", "bar"), [(None, 3.0), (1.0, None), (1.0, 0.0), (0.0, 3.0)])
def test_what_is_not_known_fills_nothing(evidence: float | None, bar: float | None) -> None:
    """Neither side."""
    assert filled(evidence, bar) == 0
