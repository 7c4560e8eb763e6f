"""The verdict on the whole: which metric decides, and what nothing may pass."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rollout.evidence import Counts, Evidence, Span
from gateway.rollout.judge import judge, weigh
from gateway.rollout.verdict import MetricVerdict, Outcome, Verdict
from gateway.routing.judges import Judge, LatencyJudge, Metric, OutputsJudge
from gateway.routing.rollouts import Progress, Rollout

PROGRESS = Progress(
    7, "canary", "blue", "progressing", 0, Rollout().steps, "", thresholds=(40_000, 120_000, 300_000)
)
GOOD = Counts(2000, (20, 1000, 100, 20)), Counts(38_000, (380, 19_000, 1900, 380))
FAILING = Counts(2000, (200, 1000, 100, 20)), GOOD[1]
SLOW = Counts(2000, (20, 1000, 400, 20)), GOOD[1]
SALES = Metric("sales", "http", "https://shop.example/")


def evidence(
    arms: tuple[Counts, Counts], outputs: tuple[tuple[int, ...], tuple[int, ...]] = ((), ()), step: int = 0
) -> Evidence:
    """One span at 5 %."""
    return Evidence(7, (Span(1, 0, step, 1, 0.05, *arms, outputs=outputs),), (0.5,))


def sales(outcome: Outcome) -> MetricVerdict:
    """What a judge elsewhere says."""
    return MetricVerdict("sales", outcome, f"sales say {outcome}")


def test_metrics_stand_in_the_order_people_read_them() -> None:
    """Errors, latencies, outputs, judges elsewhere."""
    spec = Judge(metrics=(SALES,))
    found = judge(spec, PROGRESS, evidence(GOOD), (sales("pass"),))
    names = [metric.name for metric in found.metrics]
    assert names == ["errors", "latency p50", "latency p95", "latency p99", "outputs", "sales"]
    assert (found.outcome, found.alpha) == ("pass", 0.05)


@pytest.mark.parametrize(("arms", "deciding"), [(FAILING, "errors"), (SLOW, "latency p95")])
def test_one_metric_that_fails_decides(arms: tuple[Counts, Counts], deciding: str) -> None:
    """Whatever the others say, with its sentence."""
    found = judge(Judge(), PROGRESS, evidence(arms))
    assert found.outcome == "fail"
    assert found.sentence == next(m.sentence for m in found.metrics if m.name == deciding)
    assert [m.name for m in found.metrics if m.outcome == "fail"] == [deciding]


MOVED = ((5, 95), (950, 950))


def test_the_severest_outcome_decides() -> None:
    """Fail before hold, hold before inconclusive, inconclusive before pass."""
    spec = Judge(metrics=(SALES,))
    few = Counts(20, (0, 10, 1, 0)), Counts(380, (4, 190, 19, 4))
    assert judge(spec, PROGRESS, evidence(FAILING, MOVED), (sales("inconclusive"),)).outcome == "fail"
    assert judge(spec, PROGRESS, evidence(GOOD, MOVED), (sales("fail"),)).sentence == "sales say fail"
    assert judge(spec, PROGRESS, evidence(few, MOVED), (sales("inconclusive"),)).outcome == "hold"
    assert judge(spec, PROGRESS, evidence(few), (sales("pass"),)).outcome == "inconclusive"
    assert (
        judge(spec, PROGRESS, evidence(GOOD), (sales("inconclusive"),)).sentence == "sales say inconclusive"
    )


def test_outputs_that_moved_are_held_until_a_person_accepts_them() -> None:
    """Then the others decide."""
    assert judge(Judge(), PROGRESS, evidence(GOOD, MOVED)).outcome == "hold"
    accepted = replace(PROGRESS, accepted=("outputs",))
    assert judge(Judge(), accepted, evidence(GOOD, MOVED)).outcome == "pass"


NOTHING = Judge(errors=None, latency=None, outputs=None)


@pytest.mark.parametrize("spec", [NOTHING, replace(NOTHING, outputs=OutputsJudge("ignore"))])
def test_where_nothing_is_judged_only_a_person_promotes(spec: Judge) -> None:
    """And the sentence says so."""
    found = judge(spec, PROGRESS, evidence(GOOD))
    assert found == Verdict(
        "inconclusive", "nothing of canary is judged, so only a person takes the next step", (), 0.05
    )


def test_a_judge_elsewhere_that_has_not_answered_lets_nothing_pass() -> None:
    """Silence is no consent."""
    spec = Judge(metrics=(SALES,))
    found = judge(spec, PROGRESS, evidence(GOOD))
    assert (found.outcome, found.sentence) == ("inconclusive", "sales has not answered yet")


def test_a_judge_elsewhere_alone_needs_the_requests_of_the_step() -> None:
    """It may pass a version that nobody has used."""
    spec = replace(NOTHING, metrics=(SALES,))
    early = judge(spec, PROGRESS, evidence((Counts(5), Counts(95))), (sales("pass"),))
    assert (early.outcome, "100 of the 500" in early.sentence) == ("inconclusive", True)
    assert judge(spec, PROGRESS, evidence(GOOD), (sales("pass"),)).outcome == "pass"


def test_no_request_of_the_canary_in_this_step_is_inconclusive() -> None:
    """However good it was in the one before."""
    spans = (*evidence(GOOD).spans, Span(2, 0, 1, 2, 0.25, Counts(), Counts(9000, (90,))))
    found = judge(Judge(), replace(PROGRESS, step=1), Evidence(7, spans))
    assert found.outcome == "inconclusive"
    assert found.sentence.startswith("canary has had no request in this step")


def test_latencies_without_thresholds_are_inconclusive_and_say_so() -> None:
    """Until stable has shown what is slow."""
    spec = Judge(errors=None, latency=LatencyJudge((0.95,)))
    found = judge(spec, replace(PROGRESS, thresholds=()), evidence(GOOD))
    assert found.outcome == "inconclusive"
    assert "blue has not shown enough answers" in found.sentence


def test_a_common_incident_takes_nobody_back() -> None:
    """Every metric is bad for half of all requests, of both alike."""
    bad = Counts(2000, (1000,) * 4), Counts(38_000, (19_000,) * 4)
    assert judge(Judge(), PROGRESS, evidence(bad)).outcome == "pass"


def test_before_there_is_any_evidence_it_is_inconclusive() -> None:
    """The first second of a rollout."""
    assert judge(Judge(), PROGRESS, Evidence(7)).outcome == "inconclusive"


counts = st.integers(0, 2000).flatmap(
    lambda requests: st.tuples(st.just(requests), st.lists(st.integers(0, requests), min_size=4, max_size=4))
)


@given(counts, counts, st.integers(0, 1), st.booleans())
def test_weighing_says_what_judging_says(
    canary: tuple[int, list[int]], stable: tuple[int, list[int]], step: int, is_moved: bool
) -> None:
    """The fast one leaves out words and bounds; outcomes, evidence and counts are the same to the bit."""
    arms = Counts(canary[0], tuple(canary[1])), Counts(stable[0], tuple(stable[1]))
    found = evidence(arms, MOVED if is_moved else ((), ()), step)
    for fast, full in zip(
        weigh(Judge(), PROGRESS, found), judge(Judge(), PROGRESS, found).metrics, strict=True
    ):
        assert full.sentence
        assert replace(full, sentence="", effect=None, low=None, high=None, needed=None) == replace(
            fast, needed=None
        )


@given(counts, counts)
def test_the_same_evidence_yields_the_same_verdict(
    canary: tuple[int, list[int]], stable: tuple[int, list[int]]
) -> None:
    """To the bit, so that a journal can be derived again."""
    arms = Counts(canary[0], tuple(canary[1])), Counts(stable[0], tuple(stable[1]))
    assert judge(Judge(), PROGRESS, evidence(arms)) == judge(Judge(), PROGRESS, evidence(arms))
