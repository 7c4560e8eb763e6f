"""Where spans begin: with steps and intervals, with epochs where there are no keys, and never too many."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from gateway.rollout.evidence import Counts, Evidence, Span
from gateway.rollout.starts import EPOCH, MOST, NOTHING, Interval, Pair, Starts, new_era, opened, plain_counts

EPOCH_MS = int(EPOCH * 1000)


def pair(stable: int, canary: int, bad: int = 0) -> Pair:
    """Return counts with so many requests, and so many bad ones of the canary."""
    return Counts(stable, (0,) * 8), Counts(canary, (bad,) + (0,) * 7)


def interval(since: int, step: int = 0, share: float = 0.05, keyed: bool = False) -> Interval:
    """Return an interval."""
    return Interval(since, step, share, keyed)


def requests(found: list[Pair]) -> list[tuple[int, int]]:
    """Return the requests of stable and canary in each span."""
    return [(stable.requests, canary.requests) for stable, canary in found]


def test_each_step_is_a_span_and_late_ends_go_to_their_own() -> None:
    """A request of the first step that ends in the second is counted in the first."""
    starts = opened(new_era(Evidence(1)), interval(1), 0, {})
    starts = opened(starts, interval(2, 1, 0.25), 1000, {1: pair(95, 5)})
    totals = {1: pair(96, 7), 2: pair(75, 25, 3)}
    assert requests(plain_counts(starts, totals)) == [(96, 7), (75, 25)]
    assert plain_counts(starts, totals)[1][1].bad[0] == 3
    assert [(start.number, start.step) for start in starts.starts] == [(1, 0), (2, 1)]


def test_looking_again_begins_nothing() -> None:
    """Within an epoch, and in one without a request, the same span goes on."""
    starts = opened(new_era(Evidence(1)), interval(1), 0, {})
    assert opened(starts, interval(1), EPOCH_MS - 1, {1: pair(9, 1)}) is starts
    assert opened(starts, interval(1), EPOCH_MS * 5, {}) is starts


def test_an_epoch_ends_a_span_where_there_are_no_keys() -> None:
    """What comes after ten minutes is counted apart; with keys it is not."""
    totals = {1: pair(95, 5)}
    plain = opened(opened(new_era(Evidence(1)), interval(1), 0, {}), interval(1), EPOCH_MS, totals)
    assert requests(plain_counts(plain, {1: pair(100, 9)})) == [(95, 5), (5, 4)]
    keyed = opened(new_era(Evidence(1)), interval(1, keyed=True), 0, {})
    assert opened(keyed, interval(1, keyed=True), EPOCH_MS, totals) is keyed


def test_a_division_that_changed_in_nothing_that_counts_goes_on() -> None:
    """An override that was edited makes a new interval, but no new span: of a key still one draw counts."""
    starts = opened(new_era(Evidence(1)), interval(1, keyed=True), 0, {})
    starts = opened(starts, interval(2, keyed=True), 1000, {1: pair(9, 1)})
    assert starts.numbers == [1]
    assert requests(plain_counts(starts, {1: pair(10, 2), 2: pair(5, 1)})) == [(15, 3)]


def test_two_steps_of_one_weight_are_two_spans_of_one_interval() -> None:
    """The weights stay, so the interval goes on; the step is another one."""
    starts = opened(new_era(Evidence(1)), interval(1), 0, {})
    starts = opened(starts, interval(1, 1), 5000, {1: pair(9, 1)})
    assert [start.step for start in starts.starts] == [0, 1]
    assert requests(plain_counts(starts, {1: pair(19, 4)})) == [(9, 1), (10, 3)]


def test_spans_are_put_together_and_nothing_is_lost() -> None:
    """Beyond so many, neighbours become one under the first one's number, and epochs last longer."""
    starts, at = new_era(Evidence(1)), 0
    for index in range(3 * MOST):
        starts = opened(starts, interval(1), at, {1: pair(9 * index, index)})
        at += int(starts.epoch * 1000)
    found = plain_counts(starts, {1: pair(9 * 1000, 1000)})
    assert len(starts.numbers) <= MOST
    assert len(starts.starts) == len(starts.numbers)  # what was put together is not remembered apart
    assert starts.epoch > EPOCH
    assert sum(canary for _, canary in requests(found)) == 1000
    assert starts.numbers == sorted(set(starts.numbers))
    assert (starts.numbers[0], starts.numbers[-1]) == (1, 3 * MOST)


def test_spans_of_another_step_or_share_are_never_put_together() -> None:
    """Where each step differs there are as many spans as steps."""
    starts = new_era(Evidence(1))
    for step in range(MOST + 10):
        starts = opened(starts, interval(step + 1, step, (step + 1) / 1000), step, {})
    assert starts.numbers == list(range(1, MOST + 11))
    assert starts.epoch == EPOCH


def test_an_era_keeps_what_earlier_ones_have_shown() -> None:
    """Its numbers go on; old spans without keys become fewer where they are many."""
    span = Span(1, 0, 0, 1, 0.05, Counts(1, (1,)), Counts(9, (0, 2)), outputs=((1,), (2,)))
    past = Evidence(1, tuple(replace(span, number=n + 1) for n in range(MOST)), (0.5,))
    starts = opened(new_era(past), interval(1), 0, {})
    assert starts.era == 1
    assert starts.numbers == [MOST + 1]
    assert len(starts.past.spans) == MOST // 2 + 1
    assert starts.past.spans[0] == replace(
        span, canary=Counts(2, (2,)), stable=Counts(18, (0, 4)), outputs=((2,), (4,))
    )
    keyed = Evidence(1, tuple(replace(s, firsts=(((1,), (0,)),)) for s in past.spans))
    assert new_era(keyed).past == keyed


def test_what_ledgers_held_before_an_era_is_none_of_it() -> None:
    """Only what was counted since is new, in intervals that end late as well."""
    totals = {1: pair(10, 1), 2: pair(20, 2)}
    starts = new_era(Evidence(1), 5000, totals)
    assert starts.unknown(totals) == set()
    now = {1: pair(11, 1), 2: pair(25, 3)}
    assert starts.unknown(now) == {1, 2}
    for since in (1, 2):
        starts = opened(starts, interval(since, since), 5000, now)
    assert requests(plain_counts(starts, now)) == [(1, 0), (5, 1)]
    assert starts.unknown(now) == set()


@given(
    st.lists(
        st.tuples(
            st.integers(0, 2),  # intervals further
            st.integers(0, 2),  # epochs further
            st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=3),
        ),
        max_size=150,
    )
)
def test_every_request_is_in_one_span(looks: list[tuple[int, int, list[tuple[int, int]]]]) -> None:
    """Whatever ends when, all spans together hold what the counters hold, and each interval its own."""
    starts: Starts = new_era(Evidence(1))
    totals: dict[int, Pair] = {}
    since, at = 1, 0
    for further, epochs, ended in looks:
        since, at = since + further, at + epochs * EPOCH_MS
        starts = opened(starts, interval(since, since // 3, 0.1 * (1 + since // 3 % 5)), at, totals)
        known = sorted({start.since for start in starts.starts})
        for back, (stable, canary) in enumerate(ended):
            own = known[max(len(known) - 1 - back, 0)]
            before = totals.get(own, NOTHING)
            totals[own] = pair(before[0].requests + stable, before[1].requests + canary)
    found = dict(zip(starts.numbers, plain_counts(starts, totals), strict=True))
    for field in (0, 1):
        held = dict.fromkeys(range(200), 0)
        for start in {start.number: start for start in starts.starts}.values():
            held[start.step] += found[start.number][field].requests
        for step in held:
            ended_there = [pair[field].requests for key, pair in totals.items() if key // 3 == step]
            assert held[step] == sum(ended_there)
    assert all(stable.requests >= 0 and canary.requests >= 0 for stable, canary in found.values())
