"""The planner beside the judge itself: what it foretells is what the judge then takes."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from itertools import pairwise

import pytest

from gateway.rollout.evidence import Counts, Evidence, Span
from gateway.rollout.judge import weigh
from gateway.rollout.outlook import Ask, Detection, Outlook, Traffic
from gateway.rollout.planner import plan
from gateway.rollout.stages import stages_of, totals
from gateway.routing.judges import ErrorsJudge, Judge, LatencyJudge
from gateway.routing.rollouts import Progress, Rollout, Step
from gateway.statistics.histogram import BUCKETS, bucket_of
from gateway.statistics.walk import draw

PATHS = draw(random.Random(1).random)
LATENCIES = [round(5000 * math.exp(random.Random(n).gauss(0, 0.5))) for n in range(4000)]
RUNS = 80


def histogram() -> tuple[int, ...]:
    """Latencies of stable: 5 ms, spread as latencies are."""
    counts = [0] * BUCKETS
    for latency in LATENCIES:
        counts[bucket_of(latency)] += 1
    return tuple(counts)


def ask(*percents: float, rate: float = 50.0, errors: float = 0.01, judge: Judge | None = None) -> Ask:
    """Ask for steps that each wait for their verdict."""
    steps = (*(Step(round(percent * 1000)) for percent in percents), Step(100_000))
    return Ask("canary", "blue", "late", Rollout(steps, judge or Judge()), Traffic(rate, errors, histogram()))


def detection(outlook: Outlook, step: int, metric: str, size: float) -> Detection:
    """Return one row of a step."""
    return next(one for one in outlook.steps[step].detections if (one.metric, one.size) == (metric, size))


def measured(asked: Ask, metric: int, base: float, risk: float, rng: random.Random) -> int:
    """Return after how many requests the judge fails a version in the first step, one bad event at a time."""
    share = asked.steps[0].weight / 100_000
    progress = Progress(1, "canary", "blue", "progressing", 0, asked.rollout.steps, "", thresholds=(1, 1, 1))
    part = share * risk / (share * risk + 1 - share)
    rate = base * (1 - share + share * risk)
    requests, bad = 0, [0, 0]
    while requests < 1_000_000:
        requests += 1 + int(math.log(1 - rng.random()) / math.log(1 - rate))
        is_canary = rng.random() < part
        bad[0 if is_canary else 1] += 1
        if is_canary:
            ours, theirs = (tuple(count if place == metric else 0 for place in range(4)) for count in bad)
            canary = Counts(round(requests * share), ours)
            span = Span(1, 0, 0, 1, share, canary, Counts(requests - canary.requests, theirs))
            verdicts = weigh(asked.rollout.judge, progress, Evidence(1, (span,)))
            if any(verdict.outcome == "fail" for verdict in verdicts):
                break
    return requests


@pytest.mark.parametrize(
    ("percent", "risk"),
    [(5, 5.0), (5, 10.0), (5, 20.0), (25, 2.0), (25, 3.0), (25, 10.0), (50, 2.0), (50, 5.0)],
)
def test_errors_are_found_when_it_says(percent: float, risk: float) -> None:
    """Its median lies within 30 % of the judge's, which itself is known to some 9 % from so many streams."""
    asked = ask(percent)
    foretold = detection(plan(asked, PATHS), 0, "errors", risk)
    rng = random.Random(11)
    found = sorted(measured(asked, 0, 0.01, risk, rng) for _ in range(RUNS))
    assert foretold.requests == pytest.approx(found[RUNS // 2], rel=0.3)
    assert foretold.requests_p90 == pytest.approx(found[int(RUNS * 0.9)], rel=0.4)


@pytest.mark.parametrize("size", [1.25, 1.5, 2.0])
def test_slowness_is_found_when_it_says(size: float) -> None:
    """With one quantile judged; where several are, the first to see it counts."""
    asked = ask(25, judge=Judge(errors=None, latency=LatencyJudge((0.95,)), outputs=None))
    foretold = detection(plan(asked, PATHS), 0, "latency", size)
    threshold = sorted(LATENCIES)[int(0.95 * len(LATENCIES))]
    risk = sum(latency * size > threshold for latency in LATENCIES) / (0.05 * len(LATENCIES))
    rng = random.Random(12)
    found = sorted(measured(asked, 1, 0.05, risk, rng) for _ in range(RUNS))
    assert foretold.requests == pytest.approx(found[RUNS // 2], rel=0.3)


def passed(asked: Ask, rng: random.Random) -> int:
    """Return after how many requests the judge passes a version that is no worse, looking twice a second."""
    share = asked.steps[0].weight / 100_000
    progress = Progress(1, "canary", "blue", "progressing", 0, asked.rollout.steps, "")
    counts, bad = [0, 0], [0, 0]
    while sum(counts) < 1_000_000:
        for _ in range(25):
            arm = 0 if rng.random() < share else 1
            counts[arm] += 1
            bad[arm] += rng.random() < 0.01
        canary, stable = (Counts(counts[arm], (bad[arm],)) for arm in (0, 1))
        span = Span(1, 0, 0, 1, share, canary, stable)
        if weigh(asked.rollout.judge, progress, Evidence(1, (span,)))[0].outcome == "pass":
            break
    return sum(counts)


def test_a_version_that_is_no_worse_passes_when_it_says() -> None:
    """By either bar of the errors; the step is followed by 25 %, so its margins are wider."""
    asked = ask(10, 25, judge=Judge(latency=None, outputs=None))
    rng = random.Random(13)
    found = sorted(passed(asked, rng) for _ in range(RUNS))
    assert plan(asked, PATHS).steps[0].requests == pytest.approx(found[RUNS // 2], rel=0.35)


def test_the_same_question_has_the_same_answer() -> None:
    """Chance comes from the caller, and nothing is left of the question before."""
    again = draw(random.Random(1).random)
    assert plan(ask(1, 5), PATHS) == plan(ask(1, 5), again)


def test_what_is_worse_is_found_sooner_and_more_surely() -> None:
    """Down the ladder of each step, and from step to step."""
    outlook = plan(ask(1, 5, 25), PATHS)
    for step in outlook.steps:
        for metric in ("errors", "latency"):
            rows = [one for one in step.detections if one.metric == metric]
            assert [one.requests for one in rows] == sorted((one.requests for one in rows), reverse=True)
            assert all(one.chance <= other.chance + 0.03 for one, other in pairwise(rows))
    finds = [step.finds for step in outlook.steps]
    assert finds == sorted(finds, key=lambda size: -(size or 0))


def test_little_traffic_needs_more_time_and_not_more_requests() -> None:
    """At one request in a second it takes fifty times as long."""
    fast, slow = plan(ask(5), PATHS), plan(ask(5, rate=1.0), PATHS)
    assert slow.steps[0].requests == fast.steps[0].requests
    assert slow.steps[0].seconds == pytest.approx(50 * fast.steps[0].seconds)
    assert any("max_wait" in warning for warning in slow.warnings)
    assert not any("chance of" in warning for warning in fast.warnings)


def test_a_pause_takes_its_time_and_finds_what_it_can() -> None:
    """A step that time ends is over then, whatever has been shown."""
    asked = ask(1, 25)
    timed = replace(asked.rollout, steps=(Step(1000, "time", 120.0), *asked.rollout.steps[1:]))
    outlook = plan(replace(asked, rollout=timed), PATHS)
    assert outlook.steps[0].seconds == outlook.steps[0].seconds_p90 == 120.0
    assert outlook.steps[0].slowest == "its pause"
    assert 0.3 < detection(outlook, 0, "errors", 10.0).chance < 0.9
    assert any("its pause (2 min)" in warning for warning in outlook.warnings)


def test_where_nothing_is_judged_the_least_number_of_requests_counts() -> None:
    """There is nothing to find then, and no bad answer can be foretold."""
    outlook = plan(ask(5, judge=Judge(errors=None, latency=None)), PATHS)
    assert outlook.steps[0].requests == 500
    assert outlook.steps[0].slowest == "min_requests"
    assert outlook.worst is None
    assert not outlook.steps[0].detections


def test_the_whole_takes_as_long_as_its_steps() -> None:
    """Path by path, so the median of the whole is not far from the sum of medians."""
    asked = ask(5, 25)
    whole = totals(stages_of(asked), PATHS)
    outlook = plan(asked, PATHS)
    assert len(whole) == len(PATHS.gaps)
    assert outlook.seconds == pytest.approx(sum(step.seconds for step in outlook.steps), rel=0.4)
    assert outlook.seconds_p90 > outlook.seconds


def test_without_a_margin_for_latency_only_errors_take_time() -> None:
    """A judge of errors alone has all of α: it finds sooner than one that shares it."""
    both, alone = plan(ask(25), PATHS), plan(ask(25, judge=Judge(errors=ErrorsJudge(), latency=None)), PATHS)
    assert detection(alone, 0, "errors", 2.0).requests < detection(both, 0, "errors", 2.0).requests
    assert alone.steps[0].requests <= both.steps[0].requests
