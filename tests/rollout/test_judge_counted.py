"""One metric counted in bad events: when it fails, when it passes, and what is said beside that."""

from __future__ import annotations

from dataclasses import replace
from math import isfinite, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rollout.evidence import Counts, Evidence, Firsts, Span
from gateway.rollout.judge import weigh
from gateway.rollout.judge_counted import measured, weigh_counted
from gateway.rollout.questions import Question, Scene, questions_of, scene_of
from gateway.rollout.verdict import MetricVerdict
from gateway.routing.judges import ErrorsJudge, Judge, LatencyJudge
from gateway.routing.rollouts import Progress, Rollout, Step

ERRORS = Judge(latency=None, outputs=None)


def progress(step: int = 0, steps: tuple[Step, ...] = Rollout().steps) -> Progress:
    """A rollout of 5, 25, 50, 100 % with frozen thresholds."""
    return Progress(7, "canary", "blue", "progressing", step, steps, "", (40_000, 120_000, 300_000))


def span(
    canary: tuple[int, int],
    stable: tuple[int, int],
    *,
    number: int = 1,
    step: int = 0,
    share: float = 0.05,
    firsts: tuple[tuple[int, int], ...] = (),
) -> Span:
    """Versions as (requests, bad); firsts per start as (canary, stable)."""
    found: tuple[Firsts, ...] = tuple(((ours,), (theirs,)) for ours, theirs in firsts)
    return Span(
        number,
        0,
        step,
        number,
        share,
        Counts(canary[0], (canary[1],)),
        Counts(stable[0], (stable[1],)),
        found,
    )


def errors(*spans: Span, spec: Judge = ERRORS, at: Progress | None = None) -> MetricVerdict:
    """What is found of errors, in full."""
    question, scene = asked(*spans, spec=spec, at=at)
    return measured(question, scene, weigh_counted(question, scene))


def asked(*spans: Span, spec: Judge = ERRORS, at: Progress | None = None) -> tuple[Question, Scene]:
    """The first question, and the scene."""
    at = at or progress(max((one.step for one in spans), default=0))
    return questions_of(spec, at)[0], scene_of(spec, at, Evidence(7, spans))


def test_a_version_that_fails_more_often_fails() -> None:
    """With its numbers."""
    found = errors(span((1083, 52), (20511, 190)))
    assert found.outcome == "fail"
    assert (found.canary_requests, found.stable_requests, found.canary_bad, found.stable_bad) == (
        1083,
        20511,
        52,
        190,
    )
    assert found.worse >= found.worse_bar == pytest.approx(log(20))
    assert found.effect == pytest.approx((52 / 1083) / (190 / 20511))
    assert found.low is not None
    assert found.high is not None
    assert found.effect is not None
    assert 1.0 < found.low < found.effect < found.high
    assert found.needed is None


def test_an_incident_that_hits_both_alike_fails_nobody() -> None:
    """Half of all answers fail, in the canary's biggest step, and still it is no worse."""
    before = span((500, 5), (9500, 95))
    incident = span((5000, 2500), (5000, 2500), number=2, step=1, share=0.5)
    found = errors(before, incident)
    assert found.outcome == "pass"
    assert found.worse < 0.0


def test_as_good_as_stable_passes() -> None:
    """By the ratio, where there are bad events enough."""
    found = errors(span((1000, 50), (19000, 950)))
    assert found.outcome == "pass"
    assert found.needed == 0


def test_where_nothing_fails_the_acceptable_rate_lets_it_pass() -> None:
    """At a scaled rate of 2 % and half of α, 184 good requests of the canary are enough."""
    assert errors(span((182, 0), (3500, 0))).outcome == "inconclusive"
    assert errors(span((184, 0), (3500, 0))).outcome == "pass"
    no_rate = Judge(latency=None, outputs=None, errors=ErrorsJudge(acceptable_rate=0.0))
    found = errors(span((10**6, 0), (10**7, 0)), spec=no_rate)
    assert found.outcome == "inconclusive"
    assert found.needed is None


def test_before_all_of_the_traffic_bars_are_as_written() -> None:
    """A version that fails 1.5 times as often never passes to 100 %, though it would have to 25 %."""
    last = errors(span((5000, 75), (5000, 50), step=2, share=0.5))
    assert last.outcome == "inconclusive"
    first = errors(span((5000, 75), (95_000, 950)))
    assert first.outcome == "pass"


def test_only_the_step_under_way_lets_it_pass() -> None:
    """What an earlier step has shown is not what the next one asks."""
    earlier, now = span((5000, 50), (95_000, 950)), span((1, 0), (3, 0), number=2, step=1, share=0.25)
    found = errors(earlier, now, spec=replace(ERRORS, min_requests=1))
    assert found.outcome == "inconclusive"
    assert found.good < found.good_bar


def test_but_every_step_counts_against_it() -> None:
    """A version caught in a step that is over fails in the next."""
    earlier, now = span((1000, 100), (19_000, 190)), span((0, 0), (0, 0), number=2, step=1, share=0.25)
    assert errors(earlier, now).outcome == "fail"


def test_nothing_passes_before_the_least_requests() -> None:
    """Not even what has shown enough."""
    good = span((200, 0), (299, 0))
    assert errors(good).outcome == "inconclusive"
    assert errors(good).needed == 1
    assert errors(span((200, 0), (300, 0))).outcome == "pass"


def test_no_request_of_the_canary_is_nothing_known() -> None:
    """However good stable is."""
    found = errors(span((0, 0), (10**6, 0)))
    assert (found.outcome, found.effect, found.low, found.high, found.needed) == (
        "inconclusive",
        None,
        None,
        None,
        None,
    )


def test_without_spans_there_is_no_evidence() -> None:
    """A rollout's first second."""
    found = errors()
    assert (found.outcome, found.worse, found.good) == ("inconclusive", 0.0, 0.0)


def test_a_latency_whose_threshold_is_not_known_is_not_judged() -> None:
    """Whatever was counted."""
    spec = Judge(errors=None, outputs=None, latency=LatencyJudge((0.95,)))
    at = replace(progress(), thresholds=())
    bad = Span(1, 0, 0, 1, 0.05, Counts(1000, (0, 900)), Counts(19000, (0, 10)))
    found = errors(bad, spec=spec, at=at)
    assert (found.outcome, found.worse, found.good, found.low) == ("inconclusive", 0.0, 0.0, None)
    assert errors(bad, spec=spec, at=replace(at, thresholds=(1000,))).outcome == "fail"


def test_of_a_user_only_the_first_bad_event_counts() -> None:
    """40 bad draws of which 3 were the first of their users take nothing back."""
    draws = (1000, 40), (19_000, 190)
    assert errors(span(*draws)).outcome == "fail"
    assert errors(span(*draws, firsts=((3, 60),))).outcome != "fail"
    assert errors(span((1000, 10), (19_000, 190), firsts=((40, 60),))).outcome == "fail"


def test_draws_of_users_do_not_add_up_over_spans() -> None:
    """Two spans of one step, each not enough to pass: with users it stays so, as they may be the same."""
    first, second = ((400, 4), (7600, 76)), ((400, 4), (7600, 76))
    spec = replace(ERRORS, errors=ErrorsJudge(margin=1.2, acceptable_rate=0.0))
    plain = errors(span(*first), span(*second, number=2), spec=spec)
    sticky = errors(
        span(*first, firsts=((4, 76),)), span(*second, number=2, firsts=((0, 0), (4, 76))), spec=spec
    )
    assert sticky.good < plain.good


def test_a_version_that_turned_bad_late_has_a_lower_end_and_no_upper_one() -> None:
    """No relative risk fits both halves, so the interval does not pretend one does."""
    found = errors(
        span((5000, 50), (95_000, 950)), span((1000, 100), (3000, 30), number=2, step=1, share=0.25)
    )
    assert found.outcome == "fail"
    assert found.low is not None
    assert found.low > 1.5
    assert found.high is None or found.high > found.low


def test_what_is_needed_is_about_what_it_takes() -> None:
    """Going on as it looks it passes within a few percent of what was said."""
    start = errors(span((100, 1), (1900, 19), share=0.05))
    assert start.outcome == "inconclusive"
    assert start.needed is not None
    times = 1 + start.needed / 2000
    later = (round(100 * times), round(times)), (round(1900 * times), round(19 * times))
    assert errors(span(*later)).good == pytest.approx(start.good_bar, abs=0.6)


counts = st.tuples(st.integers(0, 10**9), st.integers(0, 10**9))


@given(
    st.lists(
        st.tuples(counts, counts, st.just(0.0) | st.floats(1e-5, 1.0), st.booleans(), st.integers(0, 1)),
        min_size=0,
        max_size=4,
    ),
    st.integers(0, 3),
)
def test_it_is_never_no_number(
    found: list[tuple[tuple[int, int], tuple[int, int], float, bool, int]], step: int
) -> None:
    """Whatever the counts: more bad than requests, shares of nothing, keys that come and go."""
    spans = [
        span(
            ours,
            theirs,
            number=place + 1,
            step=at,
            share=share,
            firsts=((1, 2),) * (place + 1) if keyed else (),
        )
        for place, (ours, theirs, share, keyed, at) in enumerate(found)
    ]
    verdict = errors(*spans, at=progress(step))
    known = (verdict.worse, verdict.good, verdict.effect, verdict.low, verdict.high)
    assert all(value is None or isfinite(value) for value in known)
    assert (verdict.outcome == "fail") == (verdict.low is not None and verdict.low >= 1.0)


def test_what_was_counted_before_it_was_known_what_is_slow_says_nothing_of_latency() -> None:
    """Answers that nobody timed are not quick ones."""
    untimed = Span(1, 0, 0, 7, 0.5, Counts(5_000, (0,)), Counts(5_000, (0,)), timed=False)
    timed = Span(2, 0, 0, 8, 0.5, Counts(50, (0, 25)), Counts(50, (0, 25)))
    at = Progress(7, "canary", "blue", "progressing", 0, (Step(50_000), Step(100_000)), "", (1_000,))
    spec = Judge(latency=LatencyJudge((0.5,)), outputs=None)
    errors, latency = weigh(spec, at, Evidence(7, (untimed, timed)))
    assert (errors.canary_requests, latency.canary_requests) == (5_050, 50)
    assert errors.outcome == "pass"
    assert latency.outcome == "inconclusive"
