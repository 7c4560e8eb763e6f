"""Retries are charged to the requests: attempts never exceed 1.2 times those, or those and the lent ones."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.proxy.budget import HALVED_EVERY, LENT_RETRIES, RetryBudget

LENT = 5 * LENT_RETRIES
"""Requests that pay back what was lent."""


def spend(budget: RetryBudget) -> int:
    """Take all the retries there are."""
    taken = 0
    while budget.may_retry():
        taken += 1
    return taken


def test_a_service_without_requests_has_what_is_lent_alone() -> None:
    """And waiting earns no more."""
    budget = RetryBudget()
    assert spend(budget) == LENT_RETRIES
    for second in range(1000):
        budget.tick(float(second))
    assert not budget.may_retry()


def test_five_requests_earn_a_retry() -> None:
    """Not four; what was lent is paid back before."""
    budget = RetryBudget()
    spend(budget)
    for _ in range(LENT + 4):
        budget.request()
    assert not budget.may_retry()
    budget.request()
    assert budget.may_retry()
    assert not budget.may_retry()


def test_what_is_saved_up_is_halved_and_a_few_retries_stay() -> None:
    """An hour of calm traffic does not pay for a storm of retries."""
    budget = RetryBudget()
    budget.tick(100.0)
    for _ in range(1000):
        budget.request()
    budget.tick(100.0 + HALVED_EVERY / 2)
    budget.tick(100.0 + HALVED_EVERY)
    assert spend(budget) == 1000 // 2 // 5
    for _ in range(LENT):
        budget.request()
    for turn in range(2, 100):
        budget.tick(100.0 + turn * HALVED_EVERY)
    assert spend(budget) == LENT_RETRIES


@given(st.lists(st.one_of(st.just("request"), st.just("retry"), st.floats(0, 20)), max_size=300))
def test_attempts_never_exceed_the_bound(events: list[str | float]) -> None:
    """Whatever comes in whatever order, at every moment."""
    budget, now, requests, retries = RetryBudget(), 0.0, 0, 0
    for event in events:
        if event == "request":
            budget.request()
            requests += 1
        elif event == "retry":
            retries += budget.may_retry()
        elif isinstance(event, float):
            now += event
            budget.tick(now)
        assert 5 * retries <= max(requests, LENT)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=300))
def test_a_failing_service_gets_the_whole_budget(asked: list[int]) -> None:
    """Where every request asks for a retry and time stands still, a fifth of them get one."""
    budget, requests, retries = RetryBudget(), 0, 0
    for more in asked:
        for _ in range(more):
            budget.request()
            requests += 1
        retries += spend(budget)
    assert retries == max(requests // 5, LENT_RETRIES)
