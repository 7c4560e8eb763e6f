"""What a row of the tables is."""

from __future__ import annotations

from benchmarks.rollouts.row import Figure, Outcome, Reached, Row, Scale


async def _never(scale: Scale) -> Reached:
    raise AssertionError(scale)


ROW = Row("one", "group", "what", "must", _never)


def test_a_row_is_met_where_all_its_figures_are() -> None:
    """One without a request measured nothing."""
    good, bad = Figure("failed", 0, most=0), Figure("promoted", 0, least=1)
    assert Reached(1, 0, (good,)).met
    assert not Reached(1, 0, (good, bad)).met
    assert not Reached(0, 0, (good,)).met


def test_the_verdict_says_what_came_of_it() -> None:
    """What could not be measured was not met."""
    found = [Outcome(ROW, reached, 1.0).verdict for reached in (Reached(1, 0, ()), Reached(0, 0, ()), None)]
    assert found == ["met", "missed", "not measured"]
