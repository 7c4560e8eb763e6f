"""Every signal's query runs on the log's views and gives the value that the summaries gave."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from gateway.requestlog.lake import Lake, connect
from gateway.requestlog.query import run
from gateway.routing.watches import SIGNALS, Monitor
from gateway.watching import overview
from tests.watching.watched import START, Watched, plan_of, prediction, record, watched

SECONDS = 600
COARSE = {"latency_p50": 0.25, "latency_p99": 0.25, "queue_p99": 0.25, "auc": 0.01, "calibration": 0.1}
"""How far off a value may be that a summary knows by its bins alone, as a share of it."""
QUANTILES = {"latency_p50", "latency_p99", "queue_p99"}
"""Of few answers they may differ by a whole answer, which can be much."""
NOT_IN_THE_LOG = {"cpu", "memory"}


def busy(folder: Path, time: str = "") -> Watched:
    """Return a gateway whose log has something of everything; predictions may say their own time."""
    it = watched(folder, plan_of((), Monitor(every=60, window=SECONDS, time=time)))
    dice = random.Random(7)
    records = []
    for n in range(1_500):
        at = START + n * SECONDS / 1_500
        numbers = {"latency_ms": dice.lognormvariate(1, 0.6), "queue_ms": dice.expovariate(3)}
        extra: dict[str, Any] = {"parameters": {"when": at - 86_400}} if time else {}
        if n % 20 == 0:
            records.append(record(n, at, status=500, outcome="server_error", **numbers))
        elif n % 33 == 0:
            records.append(
                record(n, at, status=429, outcome="refused", version=None, model=None, chosen=None)
            )
        elif n % 47 == 0:
            given = {"status": 503, "outcome": "unavailable", "version": None, "model": None}
            records.append(record(n, at, **given))
        elif n % 17 == 0:
            records.append(prediction(n, at, None, None, version="v2", **numbers, **extra))
        else:
            distance = None if n % 13 == 0 else dice.uniform(0, 6_000)
            chance = None if n % 41 == 0 else dice.random()
            carrier = {"distance": [distance], "carrier": [dice.choice(("AA", "B6", "UA", "ZZ"))]}
            records.append(prediction(n, at, distance, chance, inputs=carrier, **numbers, **extra))
    gap = {
        "worker": 0,
        "from": START * 10**6,
        "to": (START + 300) * 10**6,
        "records": 40,
        "reason": "ring_full",
    }
    it.write(records, {"gap": gap})
    truths = {n: dice.random() < 0.5 for n in range(1_500) if n % 2}
    it.label(START + SECONDS - 1, truths)
    watcher = it.watcher()
    watcher.tick(START + SECONDS + 2)
    assert watcher.report()["problems"] == ()
    return it


def logged(it: Watched) -> Lake:
    """Return the log as views."""
    route = it.plan.routes[0]
    assert route.log is not None
    return connect(it.places.log, policies={"late": route.log.labels})


@pytest.mark.parametrize("time", ["", "parameters.when"])
def test_every_query_gives_the_value_again(tmp_path: Path, time: str) -> None:
    """All values of a busy route, each beside what its query answers."""
    it = busy(tmp_path, time)
    values = overview.monitor(it.places, it.plan, "late")["values"]
    seen = set()
    with logged(it) as lake:
        for value in values:
            signal = value["signal"]
            is_few = signal in QUANTILES and value["n"] < 1_000
            if value["value"] is None or signal in {"decay", *NOT_IN_THE_LOG} or is_few:
                continue
            seen.add(signal)
            [found, *_] = run(lake, value["query"]).rows[0]
            off = COARSE.get(signal, 1e-6)
            assert found == pytest.approx(value["value"], rel=off, abs=1e-9), (value, found)
    numbers_and_slow = {"mae", "rmse", "bias", "decay", *NOT_IN_THE_LOG}
    assert seen == set(SIGNALS) - numbers_and_slow
