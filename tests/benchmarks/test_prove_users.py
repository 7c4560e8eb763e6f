"""Simulated users who stick to a version, against what the gateway does with real ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.random import default_rng

from benchmarks.prove.users import People, Users
from gateway.monitoring.ledger import LedgerWriter
from gateway.monitoring.ledger_layout import CANARY, DRAW, STABLE
from gateway.monitoring.ledger_read import read_ledger
from gateway.routing.plan import Route
from gateway.routing.split import Splitter

FEW = People(users=50, base=0.1, uneven=2.0, rate=20, seconds=30)


def test_a_worker_would_have_written_the_same(tmp_path: Path) -> None:
    """Every request given to the real ledger yields the same entries, one worker after another."""
    users = Users(FEW, default_rng(1))
    records = [record.entry for record in users.stretch(0.4, 0, since=7)]
    writer = LedgerWriter(tmp_path / "ledger", pid=1)
    interval = writer.interval(7, keyed=True)
    mishap, rate = users._mishap, users._rate
    for request, user in enumerate(users.user.tolist()):
        arm = CANARY if users.place[user] < 0.4 else STABLE
        bad = int(mishap[request] < rate[request])
        interval.note(user + 1, arm, bad, request * 1000 // FEW.rate)
    writer.close()
    assert list(read_ledger(tmp_path / "ledger").entries) == records
    assert {entry.bits for entry in records} == {0, 1}


def test_the_canarys_users_only_become_more() -> None:
    """Whoever was with it at 10 % is with it at 50 %; and so it is with the real split of sticky keys."""
    users = Users(FEW, default_rng(2))
    few = {record.entry.key for record in users.stretch(0.1, 0, 1) if record.entry.arm == CANARY}
    many = {record.entry.key for record in users.stretch(0.5, 0, 2) if record.entry.arm == CANARY}
    assert few < many
    splits = [Splitter(_route(units)) for units in (10_000, 50_000)]
    real = [{key for key in range(2_000) if split.by_key(b"%d" % key) == 1} for split in splits]
    assert real[0] < real[1]
    assert len(real[0]) / 2_000 == pytest.approx(0.1, abs=0.03)


def test_each_worker_knows_the_users_it_met() -> None:
    """A user who reaches two workers draws at both; that they are one is for the reader to see."""
    users = Users(People(users=10, workers=2, rate=20, seconds=10, base=0.01), default_rng(3))
    records = [record for record in users.stretch(0.5, 0, 1) if record.entry.kind == DRAW]
    met = [(record.worker, record.entry.key) for record in records]
    assert len(met) == len(set(met))
    assert len(met) > 10 >= len({key for _, key in met})


def test_activity_and_error_rates_differ_as_asked() -> None:
    """With Zipf's law the busiest user has far more than its part; without unevenness all rates are one."""
    users = Users(People(users=100, activity=1.1), default_rng(4))
    assert np.bincount(users.user).max() > 5 * len(users.user) / 100
    even = Users(People(users=100, activity=0.0, uneven=float("inf")), default_rng(5))
    assert np.bincount(even.user).max() < 1.2 * len(even.user) / 100
    assert set(even._rate.tolist()) == {0.01}


def test_a_stretch_begins_where_it_is_told() -> None:
    """Nothing of an earlier second is in it."""
    users = Users(FEW, default_rng(6))
    assert min(record.second for record in users.stretch(0.5, 12, 1)) == 12


def _route(units: int) -> Route:
    return Route(name="r", path="/", stable="a", weights=(("a", 100_000 - units), ("b", units)))
