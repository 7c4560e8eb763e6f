"""The breaker: opens at a share of failures, tries with one request, closes when that succeeds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.proxy.breaker import CLOSED, HALF_OPEN, OPEN, SLOTS, CircuitBreaker
from gateway.routing.settings import Breaker

SETTINGS = Breaker(errors=50, requests=10, within=10, open=5)
NOW = 1_000_000.0


def opened() -> CircuitBreaker:
    """Return a breaker that opened at NOW."""
    breaker = CircuitBreaker(SETTINGS)
    for _ in range(10):
        breaker.report(False, NOW)
    assert breaker.state == OPEN
    return breaker


def test_it_opens_at_its_share_of_enough_requests() -> None:
    """Nine failures are too few to tell, and five of ten are enough, whichever came last."""
    breaker = CircuitBreaker(SETTINGS)
    for _ in range(9):
        breaker.report(False, NOW)
    assert breaker.allows(NOW)
    breaker.report(True, NOW)
    assert not breaker.allows(NOW)
    assert breaker.reason() == "9 of 10 requests within 10 s failed"


def test_less_than_its_share_leaves_it_closed() -> None:
    """Four of ten, again and again."""
    breaker = CircuitBreaker(SETTINGS)
    for turn in range(1000):
        breaker.report(turn % 10 < 6, NOW + turn * 0.01)
        assert breaker.state == CLOSED


def test_failures_leave_the_window() -> None:
    """Those of longer ago than the window count no more, a slot of it at a time."""
    breaker = CircuitBreaker(SETTINGS)
    for second in range(9):
        breaker.report(False, NOW + second)
    breaker.report(False, NOW + 10)  # the first of the others is out
    assert breaker.state == CLOSED
    breaker.report(False, NOW + 10)
    assert breaker.state == OPEN
    breaker = CircuitBreaker(SETTINGS)
    for _ in range(9):
        breaker.report(False, NOW)
    breaker.report(False, NOW + 60)
    assert breaker.state == CLOSED


def test_nothing_passes_while_it_is_open_and_stragglers_change_nothing() -> None:
    """For as long as it says."""
    breaker = opened()
    breaker.report(True, NOW + 1)
    assert not breaker.allows(NOW + 4.9)
    assert breaker.state == OPEN


def test_one_trial_at_a_time_and_a_success_closes_it() -> None:
    """With nothing held against the service then."""
    breaker = opened()
    assert breaker.allows(NOW + 5)
    assert breaker.state == HALF_OPEN
    assert not breaker.allows(NOW + 5)
    breaker.report(True, NOW + 6)
    assert breaker.state == CLOSED
    for _ in range(9):
        breaker.report(False, NOW + 6)
    assert breaker.allows(NOW + 6)


def test_a_failed_trial_opens_it_again() -> None:
    """For as long as before."""
    breaker = opened()
    assert breaker.allows(NOW + 5)
    breaker.report(False, NOW + 7)
    assert not breaker.allows(NOW + 11.9)
    assert breaker.allows(NOW + 12)


def test_a_trial_without_a_result_blocks_nobody_for_long() -> None:
    """It is forgotten when its client left, or after as long a rest."""
    breaker = opened()
    assert breaker.allows(NOW + 5)
    breaker.forget()
    assert breaker.allows(NOW + 5.1)
    assert not breaker.allows(NOW + 10)
    assert breaker.allows(NOW + 10.1)


def test_forgetting_opens_nothing() -> None:
    """A client that leaves while the breaker is open ends no rest."""
    breaker = opened()
    breaker.forget()
    assert not breaker.allows(NOW + 1)


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 4)), max_size=200))
def test_it_counts_what_the_window_holds(results: list[tuple[bool, float]]) -> None:
    """As a list of all results would, to within a slot."""
    settings = Breaker(errors=100, requests=1_000_000, within=10, open=5)
    breaker, now, seen = CircuitBreaker(settings), NOW, list[tuple[int, bool]]()
    for ok, later in results:
        now += later
        slot = int(now * SLOTS / settings.within)
        seen.append((slot, ok))
        breaker.report(ok, now)
        held = [was_ok for at, was_ok in seen if at > slot - SLOTS]
        assert breaker.reason() == f"{held.count(False)} of {len(held)} requests within 10 s failed"
