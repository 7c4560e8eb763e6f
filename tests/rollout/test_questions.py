"""What is asked: how α is split, and how bars follow from what the next step gives."""

from __future__ import annotations

from math import exp

import pytest

from gateway.rollout.evidence import Counts, Evidence, Span
from gateway.rollout.questions import latency_name, next_share, questions_of, scene_of
from gateway.routing.judges import ErrorsJudge, Judge, LatencyJudge
from gateway.routing.rollouts import Progress, Rollout, Step

STEPS = Rollout().steps


def progress(step: int = 0, thresholds: tuple[int, ...] = (1000, 2000, 3000)) -> Progress:
    """A rollout of 5, 25, 50, 100 %."""
    return Progress(7, "canary", "blue", "progressing", step, STEPS, "", thresholds)


def test_alpha_is_split_between_errors_and_the_quantiles() -> None:
    """One half, and a sixth each; together no more than α."""
    alphas = [asked.alpha for asked in questions_of(Judge(), progress())]
    assert alphas == pytest.approx([0.025, 0.05 / 6, 0.05 / 6, 0.05 / 6])


def test_what_is_judged_alone_has_all_of_alpha() -> None:
    """Errors without latency, latency without errors, and neither."""
    assert [q.alpha for q in questions_of(Judge(latency=None), progress())] == [0.05]
    alone = Judge(errors=None, latency=LatencyJudge((0.95,)))
    assert [(q.name, q.index, q.alpha) for q in questions_of(alone, progress())] == [("latency p95", 1, 0.05)]
    assert questions_of(Judge(errors=None, latency=None), progress()) == []
    none = Judge(latency=LatencyJudge(()))
    assert [q.alpha for q in questions_of(none, progress())] == [0.05]


@pytest.mark.parametrize(("step", "margin", "acceptable"), [(0, 3.0, 0.02), (1, 2.0, 0.01), (2, 1.5, 0.005)])
def test_bars_are_what_the_next_step_may_cost(step: int, margin: float, acceptable: float) -> None:
    """The fewer requests the next step gives the worse a version may still be."""
    errors = questions_of(Judge(), progress(step))[0]
    assert (errors.margin, errors.acceptable) == pytest.approx((margin, acceptable))


def test_an_acceptable_rate_never_grows_beyond_a_half() -> None:
    """However little the next step gives."""
    one = Progress(7, "canary", "blue", "progressing", 0, (Step(10), Step(100)), "")
    assert questions_of(Judge(errors=ErrorsJudge(acceptable_rate=0.4)), one)[0].acceptable == 0.5


def test_two_ways_to_pass_share_alpha() -> None:
    """By ratio or by rate, so each has half; without an acceptable rate the ratio has all."""
    both, latency = questions_of(Judge(), progress())[:2]
    (ratio, *_) = questions_of(Judge(errors=ErrorsJudge(acceptable_rate=0.0)), progress())
    assert exp(both.good_bar) == pytest.approx(40)
    assert exp(ratio.good_bar) == pytest.approx(20)
    assert exp(latency.good_bar) == pytest.approx(40)
    assert exp(latency.worse_bar) == pytest.approx(120)


def test_of_latency_what_stable_had_beyond_its_quantile_is_the_measure() -> None:
    """Times the margin; also where no answer at all is beyond it now, so that steady services pass."""
    _, p50, p95, p99 = questions_of(Judge(), progress(step=3))
    assert [q.acceptable for q in (p50, p95, p99)] == pytest.approx([0.5, 0.075, 0.015])


def test_the_next_share_of_the_last_step_is_everything() -> None:
    """And a next step of nothing is no division by it."""
    assert [next_share(progress(step)) for step in range(4)] == [0.25, 0.5, 1.0, 1.0]
    assert next_share(Progress(7, "c", "b", "progressing", 0, (Step(10), Step(0)), "")) > 0


def test_thresholds_are_those_that_were_frozen() -> None:
    """0 where a quantile has none yet, None where there is no latency in it."""
    asked = questions_of(Judge(), progress(thresholds=(1000,)))
    assert [q.threshold for q in asked] == [None, 1000, 0, 0]


def test_quantiles_have_the_names_people_use() -> None:
    """Without the dust of binary fractions."""
    assert [latency_name(q) for q in (0.5, 0.95, 0.999, 0.57)] == [
        "latency p50",
        "latency p95",
        "latency p99.9",
        "latency p57",
    ]


def test_a_scene_is_enough_with_its_requests_and_one_of_the_canary() -> None:
    """Only those of the step count."""
    before = Span(1, 0, 0, 1, 0.05, Counts(1000), Counts(9000))
    here = Span(2, 0, 1, 2, 0.25, Counts(100), Counts(399))
    spec = Judge(min_requests=500)
    scene = scene_of(spec, progress(1), Evidence(7, (before, here)))
    assert (scene.canary, scene.stable, scene.canary_here, scene.stable_here) == (1100, 9399, 100, 399)
    assert not scene.is_enough
    assert scene_of(Judge(min_requests=499), progress(1), Evidence(7, (before, here))).is_enough
    alone = Span(2, 0, 1, 2, 0.25, Counts(0), Counts(9000))
    assert not scene_of(spec, progress(1), Evidence(7, (before, alone))).is_enough
