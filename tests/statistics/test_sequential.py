"""The evidence: exact where it can be enumerated, and never more than it may be."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import pairwise, product
from math import comb, exp, inf, isfinite, log

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.statistics.sequential import (
    OTHERWISE,
    Alternatives,
    Chain,
    better_than,
    good_against,
    log_evidence,
    log_sum,
    spread,
    worse_than,
)

shares = st.floats(0.001, 0.999)
small = st.integers(0, 30)
stretches = st.lists(st.tuples(shares, small, small), min_size=1, max_size=5)


def chain_of(found: list[tuple[float, int, int]]) -> tuple[Chain, float]:
    """The usual prior: starts at each stretch, the rest for those to come."""
    chain = tuple((1 / ((k + 1) * (k + 2)), *one) for k, one in enumerate(found))
    return chain, 1 / (len(found) + 1)


def chance(share: float, risk: float) -> float:
    """With which probability a bad event is the canary's."""
    return share * risk / (share * risk + 1 - share)


def brute_force(found: list[tuple[float, int, int]], against: Alternatives) -> float:
    """The definition, event by event and start by start, in plain multiplications."""
    total = 1 / (len(found) + 1)
    for start in range(len(found)):
        mean = 0.0
        for multiple in against.multiples:
            running = 1.0
            for share, canary, stable in found[start:]:
                null, other = chance(share, against.null), chance(share, against.null * multiple)
                for _ in range(canary):
                    running *= other / null
                for _ in range(stable):
                    running *= (1 - other) / (1 - null)
            mean += running / len(against.multiples)
        total += mean / ((start + 1) * (start + 2))
    return total


def outcomes(
    events: list[tuple[float, int]], risk: float
) -> Iterator[tuple[float, list[tuple[float, int, int]]]]:
    """Every way that so many events at these shares can fall, with its probability."""
    for canaries in product(*[range(count + 1) for _, count in events]):
        probability, found = 1.0, []
        for (share, count), canary in zip(events, canaries, strict=True):
            p = chance(share, risk)
            probability *= comb(count, canary) * p**canary * (1 - p) ** (count - canary)
            found.append((share, canary, count - canary))
        yield probability, found


def expected(events: list[tuple[float, int]], risk: float, against: Alternatives) -> float:
    """The expectation of the evidence, exactly."""
    total = 0.0
    for probability, found in outcomes(events, risk):
        chain, rest = chain_of(found)
        total += probability * exp(log_evidence([chain], rest, against))
    return total


@given(stretches, st.sampled_from([worse_than(1.0), worse_than(1.7), good_against(3.0), OTHERWISE]))
def test_counts_are_worth_what_their_events_are(
    found: list[tuple[float, int, int]], against: Alternatives
) -> None:
    """Grouped counts give the product over single events, in whatever order those came."""
    chain, rest = chain_of(found)
    assert log_evidence([chain], rest, against) == pytest.approx(log(brute_force(found, against)), abs=1e-9)


@given(stretches)
def test_a_chain_is_the_sum_of_its_starts(found: list[tuple[float, int, int]]) -> None:
    """One chain that starts weigh into is the same as one chain for each start: keys need the second."""
    chain, rest = chain_of(found)
    apart = [
        ((chain[start][0], *found[start]), *((0.0, *one) for one in found[start + 1 :]))
        for start in range(len(found))
    ]
    test = worse_than(1.0)
    assert log_evidence([chain], rest, test) == pytest.approx(log_evidence(apart, rest, test), abs=1e-9)


EVENTS = [(0.05, 5), (0.25, 4), (0.5, 6)]


@pytest.mark.parametrize(
    ("against", "risk"),
    [
        (worse_than(1.0), 1.0),
        (worse_than(2.0), 2.0),
        (better_than(0.8), 0.8),
        (good_against(3.0), 3.0),
        (OTHERWISE, 1.0),
    ],
)
def test_on_the_border_evidence_is_worth_1(against: Alternatives, risk: float) -> None:
    """Summed over all outcomes at the border of the hypothesis, the expectation is exactly 1."""
    assert expected(EVENTS, risk, against) == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize(
    ("against", "risk"),
    [(worse_than(1.0), 0.4), (worse_than(1.0), 0.95), (better_than(0.8), 1.5), (good_against(3.0), 5.0)],
)
def test_within_the_hypothesis_evidence_is_worth_less(against: Alternatives, risk: float) -> None:
    """A version that is better than "no worse" can only do better."""
    assert expected(EVENTS, risk, against) < 1.0


def ever_crossed(events: list[float], bar: float, against: Alternatives) -> float:
    """The exact probability to reach the bar at one of the events at least, each at its share."""
    alive: dict[tuple[tuple[float, int, int], ...], float] = {(): 1.0}
    crossed = 0.0
    for share in events:
        following: dict[tuple[tuple[float, int, int], ...], float] = {}
        for found, probability in alive.items():
            for canary in (0, 1):
                now = after(found, share, canary)
                p = probability * (share if canary else 1 - share)
                chain, rest = chain_of(list(now))
                if log_evidence([chain], rest, against) >= bar:
                    crossed += p
                else:
                    following[now] = following.get(now, 0.0) + p
        alive = following
    return crossed


def after(
    found: tuple[tuple[float, int, int], ...], share: float, canary: int
) -> tuple[tuple[float, int, int], ...]:
    """One more event; another share begins another stretch."""
    if found and found[-1][0] == share:
        _, ours, theirs = found[-1]
        return (*found[:-1], (share, ours + canary, theirs + 1 - canary))
    return (*found, (share, canary, 1 - canary))


def test_looked_at_after_every_event_it_errs_no_more_than_alpha() -> None:
    """Ville: the exact chance that an identical version is ever taken back is at most α, and not nothing."""
    found = ever_crossed([0.1] * 25 + [0.5] * 25, log(1 / 0.2), worse_than(1.0))
    assert 0.03 < found <= 0.2


def users(dice: random.Random, count: int) -> list[tuple[float, list[float]]]:
    """Users with a place in the split and the times at which their answers are bad, heavy ones many times."""
    return [
        (dice.random(), sorted(dice.random() for _ in range(1 + int(dice.paretovariate(1.0)))))
        for _ in range(count)
    ]


def share_at(at: float) -> float:
    """A ramp."""
    return 0.1 if at < 0.4 else 0.5


def test_users_first_bad_events_are_exact_for_the_same_version() -> None:
    """Six users, heavy ones among them, with the bad moments they have anyway: over all the places they may
    have, the expectation of the evidence is exactly 1."""
    bad = [(0.1, 0.2, 0.9), (0.2,), (0.3, 0.5), (0.35,), (0.45, 0.46, 0.47), (0.6,)]
    first_bad = [min(times) for times in bad]
    total = 0.0
    for places in product([(0.05, 0.1), (0.3, 0.4), (0.8, 0.5)], repeat=6):
        probability, counts = 1.0, [0] * 4
        for (place, likely), at in zip(places, first_bad, strict=True):
            probability *= likely
            count_first(counts, place, at)
        total += probability * exp(evidence_of(counts, worse_than(1.0)))
    assert total == pytest.approx(1.0, abs=1e-12)


def test_users_first_bad_events_are_worth_less_for_a_better_version() -> None:
    """With the share never falling, putting off bad events of the canary's users only lowers the evidence,
    path by path, for each alternative."""
    dice = random.Random(5)
    better = Alternatives(1.0, (3.0,))
    for _ in range(200):
        same, late = [0] * 4, [0] * 4
        for place, times in users(dice, 20):
            first = times[0]
            count_first(same, place, first)
            delayed = next((t for t in times if place >= share_at(t) or dice.random() < 0.5), None)
            if delayed is not None:
                count_first(late, place, delayed)
        assert evidence_of(late, better) <= evidence_of(same, better) + 1e-12


def count_first(counts: list[int], place: float, at: float) -> None:
    """A user's first bad event: at which share, and whose."""
    share = share_at(at)
    counts[2 * (share == 0.5) + (place >= share)] += 1


def evidence_of(counts: list[int], against: Alternatives) -> float:
    """One chain over both stretches of the ramp."""
    chain = ((1.0, 0.1, counts[0], counts[1]), (0.0, 0.5, counts[2], counts[3]))
    return log_evidence([chain], 0.0, against)


def test_a_version_that_turns_bad_late_is_found_though_it_was_good_for_long() -> None:
    """After 2,000 bad events at equal risk, one that fails 5 times as often is found after 22 more; without
    a mixture over starts it would take 163, since its own good past speaks for it."""
    past = [(0.05, 50, 950), (0.25, 250, 750)]

    def events_needed(use_starts: bool) -> int:
        for events in range(1, 2000):
            canary = round(events * chance(0.25, 5.0))
            found = [*past, (0.25, canary, events - canary)]
            chain, rest = chain_of(found)
            if not use_starts:
                chain, rest = tuple((float(k == 0), *one) for k, one in enumerate(found)), 0.0
            if log_evidence([chain], rest, worse_than(1.0)) >= log(40):
                return events
        raise AssertionError("never found")

    with_starts, without = events_needed(True), events_needed(False)
    assert (with_starts, without) == (22, 163)


@given(st.sampled_from([0.0, 1.0, -0.1, 1.5, float("nan")]), small, small)
def test_a_share_of_nothing_or_everything_compares_nothing(share: float, canary: int, stable: int) -> None:
    """Where one version had all of the traffic there is no evidence."""
    assert log_evidence([((0.5, share, canary, stable),)], 0.5, worse_than(1.0)) == pytest.approx(0.0)


@given(
    st.lists(
        st.tuples(
            st.sampled_from([1e-5, 0.01, 0.5, 0.99999]),
            st.sampled_from([0, 1, 10**9, 10**15]),
            st.sampled_from([0, 1, 10**9, 10**15]),
        ),
        min_size=1,
        max_size=6,
    ),
    st.sampled_from([worse_than(1.0), worse_than(1057.0), better_than(0.001), good_against(11.0), OTHERWISE]),
)
def test_it_is_always_a_number(found: list[tuple[float, int, int]], against: Alternatives) -> None:
    """No count, however large, makes it overflow."""
    chain, rest = chain_of(found)
    assert isfinite(log_evidence([chain], rest, against))


@given(st.lists(st.tuples(shares, st.integers(0, 1000), st.integers(0, 1000)), min_size=1, max_size=4))
def test_the_higher_the_risk_to_refute_the_less_evidence(found: list[tuple[float, int, int]]) -> None:
    """Which is why the bound of a relative risk may be looked for by halving."""
    chain, rest = chain_of(found)
    risks = [0.01, 0.3, 0.9, 1.0, 1.1, 4.0, 100.0]
    above = [log_evidence([chain], rest, worse_than(risk)) for risk in risks]
    below = [log_evidence([chain], rest, better_than(risk)) for risk in risks]
    assert all(a >= b - 1e-9 for a, b in pairwise(above))
    assert all(a <= b + 1e-9 for a, b in pairwise(below))


@settings(max_examples=30)
@given(stretches)
def test_what_was_asked_before_changes_nothing(found: list[tuple[float, int, int]]) -> None:
    """Tables are kept, yet the same counts give the same bits."""
    chain, rest = chain_of(found)
    first = log_evidence([chain], rest, worse_than(1.0))
    log_evidence([chain[:-1]], rest, worse_than(1.0))
    assert log_evidence([tuple(chain)], rest, worse_than(1.0)) == first


def test_no_stretch_is_no_evidence() -> None:
    """Before anything has happened the evidence is 1."""
    assert log_evidence([()], 1.0, worse_than(1.0)) == 0.0


def test_sums_of_logarithms_do_not_overflow() -> None:
    """The sum of nothing is 0, whose logarithm is minus infinity."""
    assert log_sum([]) == -inf
    assert log_sum([-inf, 2.0]) == 2.0
    assert log_sum([1e9, 1e9]) == pytest.approx(1e9 + log(2))


def test_a_spread_is_even_in_its_logarithm() -> None:
    """From the first to the last, each as many times the one before."""
    assert spread(1.0, 8.0, 4) == pytest.approx((1.0, 2.0, 4.0, 8.0))


def test_the_alternatives_of_a_good_version_do_not_move_with_the_margin() -> None:
    """They are relative risks about 1, whatever is to be refuted."""
    against = good_against(3.0)
    assert [against.null * multiple for multiple in against.multiples] == pytest.approx([0.5, 0.7, 0.85, 1.0])
