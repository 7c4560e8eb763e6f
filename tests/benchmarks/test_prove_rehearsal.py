"""One rollout without a gateway."""

from __future__ import annotations

from benchmarks.prove.cases import DEFAULT_STEPS, ERRORS, ERRORS_AND_LATENCY, LAST, QUARTER
from benchmarks.prove.rehearsal import Plan, Rehearsal
from gateway.monitoring.ledger_layout import CANARY, DRAW, METRICS
from gateway.monitoring.ledger_read import Entry
from gateway.rollout.evidence import Counts
from gateway.rollout.starts import Pair


def _totals(canary: tuple[int, int], stable: tuple[int, int]) -> dict[int, Pair]:
    rest = (0,) * (METRICS - 1)
    return {1: (Counts(stable[0], (stable[1], *rest)), Counts(canary[0], (canary[1], *rest)))}


def test_what_is_worse_is_taken_back() -> None:
    """Every second request of the canary fails, and none of stable's."""
    rehearsal = Rehearsal(Plan(ERRORS, QUARTER))
    rehearsal.tick(0)
    assert rehearsal.look(1, _totals((10, 0), (30, 0))).event == "none"
    look = rehearsal.look(2, _totals((100, 50), (300, 0)))
    assert (look.event, look.metrics[0].outcome, look.second) == ("fail", "fail", 2)


def test_unless_the_plan_says_not_to() -> None:
    """Then it goes on as if nothing were, and does not pass either."""
    rehearsal = Rehearsal(Plan(ERRORS, LAST, takes_back=False))
    rehearsal.tick(0)
    assert rehearsal.look(2, _totals((100, 50), (100, 0))).event == "none"


def test_what_is_good_goes_on_and_becomes_stable() -> None:
    """Step by step, the last one to all of the traffic."""
    rehearsal = Rehearsal(Plan(ERRORS, DEFAULT_STEPS))
    good = _totals((5_000, 0), (5_000, 0))
    shares = []
    for second in range(60):
        rehearsal.tick(second)
        look = rehearsal.look(second, {rehearsal.since: good[1]})
        if look.event == "none":
            continue
        shares.append(rehearsal.share)
        if look.event != "advance":
            break
        rehearsal.advance(second)
    assert (look.event, shares) == ("complete", [0.05, 0.25, 0.5])


def test_steps_end_by_verdict_time_or_person() -> None:
    """Only the first kind waits for what the judge says."""
    assert Rehearsal(Plan(ERRORS, DEFAULT_STEPS)).is_ended_by_verdict
    assert Rehearsal(Plan(ERRORS, LAST)).is_ended_by_verdict
    assert not Rehearsal(Plan(ERRORS, QUARTER)).is_ended_by_verdict


def test_keys_are_fed_as_workers_write_them() -> None:
    """Two users drew, one of them twice over as two workers met it."""
    rehearsal = Rehearsal(Plan(ERRORS, QUARTER, keyed=True))
    rehearsal.tick(0)
    for key in (1, 2, 2):
        rehearsal.feed(Entry(key, rehearsal.since, CANARY, DRAW, 1, 0, 0.0))
    metric = rehearsal.look(1).metrics[0]
    assert (metric.canary_requests, metric.canary_bad) == (2, 2)


def test_every_metric_is_weighed() -> None:
    """Errors, and three quantiles of latency."""
    rehearsal = Rehearsal(Plan(ERRORS_AND_LATENCY, QUARTER))
    rehearsal.tick(0)
    assert len(rehearsal.look(1, _totals((10, 0), (30, 0))).metrics) == 4
