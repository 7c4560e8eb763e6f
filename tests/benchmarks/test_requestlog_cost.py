"""How rounds with the log and without are compared."""

from __future__ import annotations

from benchmarks.requestlog.cost import MOST, Costs, compared


def rounds(worker: list[float], recorder: list[float], failed: int = 0) -> Costs:
    """Make rounds of 100 requests each, whose log was sealed for 1 µs a request."""
    return Costs(worker, recorder, [1.0] * len(worker), requests=100 * len(worker), failed=failed)


def test_the_median_of_the_rounds_ratios_is_held_against_the_bound() -> None:
    """Workers and recorder count; a round that something disturbed does not."""
    costs = {
        ("with", "GET"): rounds([20.0, 90.0, 21.0], [6.0, 6.0, 5.0]),
        ("without", "GET"): rounds([20.0, 20.0, 20.0], [0.0, 0.0, 0.0]),
    }
    found = compared(costs, -2)
    log, sealed, failed, unlogged = found.figures
    assert (log.what, log.value, log.most, log.met) == ("GET: CPU with the log over without", 1.3, MOST, True)
    assert round(sealed.value, 3) == round(27 / 21, 3)
    assert (failed.value, failed.met) == (0, True)
    assert (unlogged.value, unlogged.met) == (0, True)
    assert found.requests == 600


def test_more_than_the_bound_is_missed_and_so_is_a_failure() -> None:
    """Each kind of request has a figure of its own."""
    costs = {
        ("with", "POST"): rounds([22.0], [6.0], failed=2),
        ("without", "POST"): rounds([20.0], [0.0]),
    }
    log, _, failed, unlogged = compared(costs, 3).figures
    assert not log.met
    assert (failed.value, failed.met) == (2, False)
    assert (unlogged.value, unlogged.met) == (3, False)
