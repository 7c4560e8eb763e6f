"""Simulated requests without keys."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.random import default_rng

from benchmarks.prove.traffic import Incidents, Traffic, World, frozen_thresholds
from gateway.routing.judges import LatencyJudge

QUANTILES = LatencyJudge().quantiles


def test_rates_and_shares_are_those_asked_for() -> None:
    """A quarter to the canary, which fails three times as often."""
    found = Traffic(World(seconds=4_000, risk=3.0), default_rng(1)).stretch(0.25, 0)
    assert found.canary.sum() / 400_000 == pytest.approx(0.25, rel=0.02)
    assert found.canary_bad.sum() / found.canary.sum() == pytest.approx(0.03, rel=0.1)
    assert found.stable_bad.sum() / found.stable.sum() == pytest.approx(0.01, rel=0.1)


def test_a_regression_begins_when_it_should() -> None:
    """Before, the versions are alike."""
    found = Traffic(World(seconds=4_000, risk=5.0, from_second=2_000), default_rng(2)).stretch(0.5, 0)
    before, after = found.canary_bad[:2_000].sum(), found.canary_bad[2_000:].sum()
    assert before == pytest.approx(1_000, rel=0.15)
    assert after == pytest.approx(5_000, rel=0.15)


def test_slow_answers_are_those_beyond_stables_quantiles() -> None:
    """Half of stable's lie beyond its median, 5 % beyond its p95; whoever is beyond p99 is beyond all."""
    found = Traffic(World(seconds=1_000, slower=1.5, quantiles=QUANTILES), default_rng(3)).stretch(0.5, 0)
    stable = found.stable_bad.sum(axis=0) / found.stable.sum()
    assert stable[1:] == pytest.approx([0.5, 0.05, 0.01], rel=0.25)
    assert (np.diff(found.canary_bad[:, 1:], axis=1) <= 0).all()
    assert (found.canary_bad.sum(axis=0) / found.canary.sum())[1:].tolist() > stable[1:].tolist()


def test_incidents_hit_both_versions() -> None:
    """Their errors come in the same seconds."""
    world = World(seconds=2_000, base=0.0, incidents=Incidents(rate=0.5))
    found = Traffic(world, default_rng(4)).stretch(0.5, 0)
    both = (found.canary_bad[:, 0] > 0) == (found.stable_bad[:, 0] > 0)
    assert both.mean() > 0.99
    assert 0.02 < (found.stable_bad[:, 0] > 0).mean() < 0.3


def test_workers_share_the_requests() -> None:
    """Two halves, with the same incidents."""
    whole = Traffic(World(incidents=Incidents()), default_rng(5))
    half = whole.part(2)
    assert half.world.rate == 50
    assert whole.part(1) is whole
    assert half.stretch(0.5, 10).seconds == 990


def test_thresholds_are_frozen_from_a_sample() -> None:
    """Each sample gives its own, near the truth: 20 ms in the middle."""
    found = frozen_thresholds(QUANTILES, default_rng(6))
    assert found[0] == pytest.approx(20_000, rel=0.1)
    assert list(found) == sorted(found)
    assert frozen_thresholds((), default_rng(6)) == ()
