"""What deciding is made from: plain data, and words for it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rollout.decision import LONGEST_WHY, Decision, counted, decision, next_weight, place, share
from gateway.rollout.evidence import Counts, Evidence, Span
from gateway.routing.plan import UNITS
from gateway.routing.rollouts import Progress, Step


def at(step: int, *weights: int) -> Progress:
    """Return a rollout at a step."""
    return Progress(1, "canary", "blue", "progressing", step, tuple(map(Step, weights)), "it began")


def test_requests_are_those_of_one_step() -> None:
    """All its spans together, canary first."""
    spans = tuple(
        Span(n, 1, step, n, 0.1, Counts(canary), Counts(stable))
        for n, (step, canary, stable) in enumerate([(0, 1, 10), (1, 2, 20), (1, 3, 30)])
    )
    assert counted(Evidence(1, spans), 1) == (5, 50)
    assert counted(Evidence(1, spans), 2) == (0, 0)


@pytest.mark.parametrize(("step", "expected"), [(0, 25_000), (1, UNITS), (2, UNITS)])
def test_after_the_last_step_comes_everything(step: int, expected: int) -> None:
    """Whether or not the steps say so."""
    assert next_weight(at(step, 5_000, 25_000, UNITS)) == expected
    assert next_weight(at(min(step, 1), 5_000, 25_000)) == expected


def test_steps_and_shares_are_told_as_people_count() -> None:
    """From 1, in percent."""
    assert place(at(1, 5_000, 12_500)) == "2 of 2"
    assert share(at(1, 5_000, 12_500)) == "12.5 %"


@given(st.text())
def test_a_reason_is_one_printable_line(why: str) -> None:
    """What is printable in it stays in its place; a journal takes nothing else."""
    found = decision("pause", why, "outputs")
    assert isinstance(found, Decision)
    assert found.why.isprintable()
    assert len(found.why) == min(len(why), LONGEST_WHY)
    assert all(a == b or b == " " for a, b in zip(why, found.why, strict=False))
