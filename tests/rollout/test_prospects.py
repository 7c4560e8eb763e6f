"""One metric in one step: its tests are met when the judge's bars would be."""

from __future__ import annotations

import math
import random

import pytest

from gateway.rollout.prospects import MOST_RISKY, Case, Stretch, failing, meetings
from gateway.rollout.questions import Question
from gateway.statistics.walk import draw, quantile

PATHS = draw(random.Random(1).random, 200)
ERRORS = Question("errors", 0, 0.025, 0.05, 2.0, 0.01, 0.5)


def medians(case: Case) -> tuple[float, float]:
    """Return the medians until it would fail, and until it would pass."""
    found = meetings(case, PATHS)
    return quantile([fails for fails, _ in found], 0.5), quantile([passes for _, passes in found], 0.5)


def test_no_worse_passes_and_hardly_ever_fails() -> None:
    """And the opposite of a version that is five times as bad."""
    found = meetings(Case(ERRORS, 0.25, 0.01, 1.0), PATHS)
    assert sum(fails < passes for fails, passes in found) <= 0.05 * len(found)
    found = meetings(Case(ERRORS, 0.25, 0.01, 5.0), PATHS)
    assert sum(passes < fails for fails, passes in found) <= 0.05 * len(found)


def test_a_version_at_the_margin_passes_no_more_often_than_alpha() -> None:
    """By what is shown beside stable; the absolute bar has no say here, since it stands far below."""
    strict = Question("errors", 0, 0.025, 0.05, 2.0, 0.001, 0.5)
    found = meetings(Case(strict, 0.25, 0.01, 2.0), draw(random.Random(5).random, 600))
    assert sum(passes < math.inf for _, passes in found) <= 0.05 * len(found)


def test_where_errors_are_rare_the_absolute_bar_passes() -> None:
    """Long before so rare an event could show anything beside stable."""
    _, with_bar = medians(Case(ERRORS, 0.25, 0.0002, 1.0))
    _, without = medians(Case(Question("errors", 0, 0.025, 0.05, 2.0, 0.0, 0.5), 0.25, 0.0002, 1.0))
    assert with_bar == pytest.approx(math.log(40) / 0.01 / 0.25, rel=0.1)
    assert without > 20 * with_bar


def test_a_fault_that_comes_late_takes_longer_to_find() -> None:
    """What lies before speaks for the version, and the prior of a late start is smaller."""
    early, _ = medians(Case(ERRORS, 0.25, 0.01, 3.0))
    late, _ = medians(Case(ERRORS, 0.25, 0.01, 3.0, past=(Stretch(0.05, 60_000, 1),)))
    later, _ = medians(Case(ERRORS, 0.25, 0.01, 3.0, past=(Stretch(0.05, 60_000, 40),)))
    assert early < late < later < 3 * early


def test_a_fault_that_was_there_before_is_found_sooner() -> None:
    """Its earlier bad events count."""
    hidden, _ = medians(Case(ERRORS, 0.25, 0.01, 3.0, past=(Stretch(0.05, 4_000, 1, 1.0),)))
    known, _ = medians(Case(ERRORS, 0.25, 0.01, 3.0, past=(Stretch(0.05, 4_000, 1, 3.0),)))
    assert known < hidden


def test_nothing_fails_more_often_than_always() -> None:
    """Twenty times 10 % is all but every answer."""
    assert failing(0.1, 20.0) == MOST_RISKY
    assert failing(0.01, 5.0) == pytest.approx(0.05)
    assert failing(0.99, 2.0) == 0.99
    case = Case(ERRORS, 0.5, 0.1, 20.0)
    assert case.rate == pytest.approx(0.05 + 0.475)
    assert case.odds == pytest.approx(0.1 / 0.95)
