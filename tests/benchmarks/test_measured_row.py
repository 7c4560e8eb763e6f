"""Figures, verdicts and numbers of a row of measurements."""

from __future__ import annotations

import pytest

from benchmarks.measured.row import Figure, Outcome, Reached, Row, shown


def _never(scale: int) -> Reached:
    raise AssertionError(scale)


ROW = Row("killed", "Replicas", "a replica is killed", "failed ≤ in flight", _never)


@pytest.mark.parametrize(
    ("figure", "met", "said"),
    [
        (Figure("failed", 3, most=3), True, "failed 3 (≤ 3)"),
        (Figure("failed", 4, most=3), False, "failed 4 (≤ 3, missed)"),
        (Figure("goodput", 80.25, " %", least=80), True, "goodput 80.2 % (≥ 80)"),
        (Figure("goodput", 79, " %", least=80), False, "goodput 79 % (≥ 80, missed)"),
        (Figure("each", 0.8561, " s"), True, "each 0.856 s"),
    ],
)
def test_a_figure_says_what_it_was_and_what_it_had_to_be(figure: Figure, met: bool, said: str) -> None:
    """The bound itself is still good; without one a figure only informs."""
    assert figure.met is met
    assert str(figure) == said


def test_a_row_is_met_only_by_all_its_figures_and_by_requests() -> None:
    """A row that sent nothing has shown nothing."""
    good, bad = Figure("failed", 0, most=0), Figure("failed", 1, most=0)
    assert Reached(1, 0, (good,)).met
    assert not Reached(1, 0, (good, bad)).met
    assert not Reached(0, 0, (good,)).met


def test_the_verdict_has_three_values() -> None:
    """A row that could not be measured is neither met nor missed."""
    assert Outcome(ROW, Reached(1, 0, ()), 1.0).verdict == "met"
    assert Outcome(ROW, Reached(1, 1, (Figure("failed", 1, most=0),)), 1.0).verdict == "missed"
    assert Outcome(ROW, None, 1.0, "no gateway").verdict == "not measured"


@pytest.mark.parametrize(
    ("value", "text"), [(None, ""), (0, "0"), (3.246, "3.25"), (41.24, "41.2"), (1204.4, "1,204"), (-2, "-2")]
)
def test_numbers_have_as_many_digits_as_they_deserve(value: float | None, text: str) -> None:
    """Three of them, and thousands are told apart."""
    assert shown(value) == text
