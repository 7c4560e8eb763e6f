"""Decay: growth of a loss is found, in whatever shape, and seldom where there is none."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from math import log
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.statistics.decay import Decay, restored, step, together

SHORT = Decay(learn=4, least=1)
LOSSES = st.lists(st.floats(0, 1), min_size=1, max_size=60)


def after(losses: list[float], state: Decay = SHORT, n: int = 100) -> Decay:
    """Return the state after these buckets."""
    for loss in losses:
        state = step(state, loss, n)
    return state


def days(dice: Random, count: int, worse: float = 0.0) -> list[float]:
    """Draw days of an average loss, some of them stormy."""
    return [0.1 + worse + 0.05 * dice.random() + (0.3 if dice.random() < 0.1 else 0.0) for _ in range(count)]


@pytest.mark.parametrize("ties", [False, True])
def test_days_that_differ_by_chance_alone_keep_the_error_rate(ties: bool) -> None:
    """Of versions that stay as they are, 5 % at most are ever alarmed; equal losses change nothing."""
    dice = Random(1)
    alarmed = 0
    for _ in range(300):
        state, raised = Decay(learn=10), False
        for loss in days(dice, 150):
            state = step(state, round(loss, 1) if ties else loss, 1000)
            raised = raised or state.raised
        alarmed += raised
    assert alarmed <= 300 * 0.05


def test_evidence_is_a_fair_game() -> None:
    """Over all orders of the same losses that the bets can meet, evidence is worth its stake on average."""
    losses = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]
    dice = Random(2)
    worth = [after(dice.sample(losses, 6)).evidence for _ in range(20_000)]
    assert sum(worth) / len(worth) == pytest.approx(0.05, rel=0.05)


def test_a_steep_drop_is_found_in_days() -> None:
    """Days worse than any before raise the alarm within a week, and it is known since when."""
    dice = Random(3)
    state = after(days(dice, 60), Decay())
    assert not state.raised
    for number in range(7):
        state = step(state, 0.6 + number / 100, 1000)
    assert state.raised
    assert state.evidence >= 1
    assert 58 <= (state.since or 0) <= 60
    assert state.baseline == pytest.approx(0.155, abs=0.03)
    assert state.recent == pytest.approx(0.63, abs=0.05)


def test_gentle_decay_is_found() -> None:
    """A loss that grows by a little every day is found before it has doubled."""
    dice = Random(4)
    state = after(days(dice, 60), Decay())
    for number in range(120):
        state = step(state, days(dice, 1, number / 1000)[0], 1000)
        if state.raised:
            break
    assert state.raised
    assert number < 110
    assert (state.since or 0) >= 60


def test_improvement_is_no_decay() -> None:
    """A loss that falls leaves less evidence than there was at first."""
    state = after([0.5 - number / 100 for number in range(40)])
    assert state.evidence < SHORT.evidence == pytest.approx(0.05)
    assert not state.raised


def test_an_alarm_ends_when_the_days_speak_against_it() -> None:
    """It stays while evidence wavers and is gone once nothing speaks for a change any more."""
    dice = Random(5)
    state = after([*days(dice, 40), *[0.9 + dice.random() / 10 for _ in range(8)]], Decay())
    assert state.raised
    between = 0
    while state.raised:
        state = step(state, days(dice, 1)[0], 1000)
        between += state.raised and state.evidence < 1
    assert between
    assert state.evidence <= state.alpha


def test_nothing_is_judged_while_it_learns() -> None:
    """The first buckets are the baseline, whatever they hold."""
    state = after([0.1, 0.2, 0.3, 0.9])
    assert (state.evidence, state.since, state.recent) == (0.05, None, None)
    assert state.baseline == pytest.approx(0.375)
    assert state.buckets == 4
    assert Decay().baseline is None


def test_small_buckets_are_joined() -> None:
    """Buckets of few labels wait for others; the mean is that of their labels, the time that of the first."""
    state = step(Decay(learn=0, least=30), 1.0, 10, 700.0)
    assert state.buckets == 0
    state = step(state, 0.5, 30, 800.0)
    assert (state.buckets, state.waiting.n) == (1, 0)
    assert state.since == 700.0
    assert state.recent == pytest.approx(25 / 40)


def test_a_bucket_without_labels_changes_nothing_and_no_number_is_refused() -> None:
    """An empty bucket says nothing; NaN would poison everything after it."""
    assert step(SHORT, float("nan"), 0) == SHORT
    with pytest.raises(ValueError, match="must be a finite number, got nan"):
        step(SHORT, float("nan"), 5)


@given(LOSSES, st.floats(0, 1), st.floats(0, 1))
def test_the_worse_a_bucket_the_more_evidence(losses: list[float], one: float, other: float) -> None:
    """Evidence never falls as the last bucket's loss grows."""
    low, high = sorted((one, other))
    before = after(losses)
    assert step(before, low, 100).evidence <= step(before, high, 100).evidence * (1 + 1e-9)


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=60))
def test_only_the_order_counts(losses: list[int]) -> None:
    """Any unit will do: scaled and shifted losses give the same evidence."""
    one, other = after([loss / 1000 for loss in losses]), after([50.0 + 3 * loss for loss in losses])
    assert one.evidence == pytest.approx(other.evidence)


@given(LOSSES)
def test_a_state_survives_json(losses: list[float]) -> None:
    """What is written to a file and read again is the same state."""
    state = after(losses)
    assert restored(json.loads(json.dumps(asdict(state)))) == state


@settings(max_examples=10)
@given(st.integers(0, 1000))
def test_a_state_stays_small(seed: int) -> None:
    """However many buckets were seen, the state keeps a bounded number of values and goes on judging."""
    dice = Random(seed)
    state = after([dice.random() for _ in range(400)])
    assert len(state.ends) == 120
    assert sum(state.counts) == 401
    low, high = step(state, 0.0, 100), step(state, 1.0, 100)
    assert low.evidence < high.evidence


def test_counting_in_gaps_loses_little() -> None:
    """Beyond the values kept, a decay is found as before: the evidence of a bad month is beyond doubt."""
    dice = Random(6)
    state = after([dice.random() / 2 for _ in range(500)] + [0.4 + dice.random() / 2 for _ in range(30)])
    assert log(state.evidence) > 10


def test_endless_evidence_stays_a_number() -> None:
    """Years of worse and worse buckets overflow nothing."""
    state = after([float(number) for number in range(3000)])
    assert 1 < state.evidence < float("inf")


def test_several_losses_are_one_test() -> None:
    """The mean keeps the guarantee: one loss among two needs twice the evidence."""
    assert together([2.0, 0.0]) == 1.0
    assert together([]) == 0.0
    assert replace(SHORT, alpha=0.01).evidence == pytest.approx(0.01)
