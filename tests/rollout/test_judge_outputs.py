"""The outputs: what moved asks a person, and what only looks so does not."""

from __future__ import annotations

import random
from math import comb, exp, isfinite, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rollout.evidence import Counts, Evidence, Firsts, Span
from gateway.rollout.judge_outputs import bins_evidence, compared, moved, outputs_evidence, weigh_outputs
from gateway.rollout.questions import scene_of
from gateway.rollout.verdict import MetricVerdict
from gateway.routing.judges import Judge, Metric, OutputsJudge
from gateway.routing.rollouts import Progress, Rollout


def span(
    canary: tuple[int, ...],
    stable: tuple[int, ...],
    *,
    number: int = 1,
    share: float = 0.05,
    era: int = 0,
    keyed: bool = False,
) -> Span:
    """A span of step 0 with predictions per bin, and requests enough."""
    firsts: tuple[Firsts, ...] = (((0,), (0,)),) * number if keyed else ()
    return Span(
        number, era, 0, number, share, Counts(500, (0,)), Counts(9500, (0,)), firsts, (canary, stable)
    )


def outputs(*spans: Span, spec: Judge | None = None, accepted: tuple[str, ...] = ()) -> MetricVerdict | None:
    """What is found of outputs."""
    spec = spec or Judge()
    progress = Progress(7, "canary", "blue", "progressing", 0, Rollout().steps, "", accepted=accepted)
    return weigh_outputs(spec, progress, scene_of(spec, progress, Evidence(7, spans)))


ALIKE = span((50, 50, 50), (950, 950, 950))
MOVED = span((10, 50, 90), (950, 950, 950))


def test_who_predicts_alike_passes() -> None:
    """And evidence says so, below 1."""
    found = outputs(ALIKE)
    assert found is not None
    assert (found.name, found.outcome, found.needed) == ("outputs", "pass", 0)
    assert found.worse < 0.0
    assert (found.canary_requests, found.stable_requests) == (150, 2850)


@pytest.mark.parametrize(("on_change", "outcome"), [("hold", "hold"), ("abort", "fail")])
def test_what_moved_is_held_or_taken_back(on_change: str, outcome: str) -> None:
    """As the route says."""
    found = outputs(MOVED, spec=Judge(outputs=OutputsJudge(on_change)))  # type: ignore[arg-type]
    assert found is not None
    assert found.outcome == outcome
    assert found.worse > found.worse_bar == pytest.approx(log(20))


def test_what_a_person_has_accepted_passes() -> None:
    """It is asked once."""
    found = outputs(MOVED, accepted=("outputs",))
    assert found is not None
    assert found.outcome == "pass"


def test_ignored_outputs_are_not_judged() -> None:
    """Nor are those of a judge without any."""
    assert outputs(MOVED, spec=Judge(outputs=OutputsJudge("ignore"))) is None
    assert outputs(MOVED, spec=Judge(outputs=None)) is None


def test_no_outputs_block_nobody_but_where_nothing_else_is_judged() -> None:
    """Answers without predictions leave errors to decide; alone they have shown nothing."""
    none = span((), ())
    found = outputs(none)
    assert found is not None
    assert (found.outcome, found.worse) == ("pass", 0.0)
    alone = outputs(none, spec=Judge(errors=None, latency=None))
    assert alone is not None
    assert alone.outcome == "inconclusive"
    elsewhere = Metric("sales", "http", "https://shop.example/")
    helped = outputs(none, spec=Judge(errors=None, latency=None, metrics=(elsewhere,)))
    assert helped is not None
    assert helped.outcome == "pass"


def test_a_step_without_its_requests_passes_by_no_metric() -> None:
    """No data is not good data."""
    found = outputs(spec=Judge())
    assert found is not None
    assert found.outcome == "inconclusive"


def test_identical_models_are_worth_1() -> None:
    """Six predictions in one bin and five in another: over all outcomes the expectation is exactly 1."""
    total = 0.0
    for first in range(7):
        for second in range(6):
            p = comb(6, first) * comb(5, second) * 0.25 ** (first + second) * 0.75 ** (11 - first - second)
            found = span((first, second), (6 - first, 5 - second), share=0.25)
            total += p * exp(outputs_evidence([found]))
    assert total == pytest.approx(1.0, abs=1e-12)


def test_identical_models_are_seldom_held_however_often_one_looks() -> None:
    """In 200 streams looked at 20 times each, in no more than 8 % of them at α = 5 %."""
    dice, held = random.Random(3), 0
    for _ in range(200):
        ours, theirs = [0] * 5, [0] * 5
        for _ in range(20):
            for _ in range(50):
                (ours if dice.random() < 0.2 else theirs)[dice.randrange(5)] += 1
            if outputs_evidence([span(tuple(ours), tuple(theirs), share=0.2)]) >= log(20):
                held += 1
                break
    assert held <= 16


def test_inputs_that_change_with_the_time_move_nothing() -> None:
    """At night all predictions are in one bin and by day in the other; the share is another by then too."""
    night, day = span((0, 50), (0, 950)), span((500, 0), (1500, 0), number=2, share=0.25)
    found = outputs(night, day)
    assert found is not None
    assert found.outcome == "pass"
    assert moved([night, day])[0][1:] == pytest.approx(moved([night, day])[0][1:][::-1])


def test_one_moved_bin_of_many_is_found() -> None:
    """The product alone would drown it in the bins that stand still."""
    one = span((110, *(50,) * 19), (950,) * 20)
    found = outputs(one)
    assert found is not None
    assert found.outcome == "hold"
    assert sum(bins_evidence([one])) < log(20)


def test_users_count_once_in_an_era() -> None:
    """So their spans of one era are independent, those of two are not."""
    one = [span((40, 60), (950, 950), keyed=True), span((40, 60), (950, 950), number=2, keyed=True)]
    two = [one[0], span((40, 60), (950, 950), number=2, era=1, keyed=True)]
    assert outputs_evidence(one) > outputs_evidence(two)


def test_what_moved_most_is_named_first() -> None:
    """With the canary's part and stable's."""
    found = moved([MOVED])
    assert found[0][0] in (0, 2)
    assert {place: (round(ours, 3), round(theirs, 3)) for place, ours, theirs in found} == {
        0: (0.067, 0.333),
        1: (0.333, 0.333),
        2: (0.6, 0.333),
    }


def test_spans_without_outputs_are_left_out() -> None:
    """They have no bins to compare."""
    assert compared([span((), ()), MOVED, span((0, 0), (0, 0), number=2)]) == [MOVED]
    assert outputs_evidence([]) == 0.0


bins = st.lists(st.integers(0, 10**9), min_size=0, max_size=4).map(tuple)


@given(st.lists(st.tuples(bins, bins, st.floats(0, 1), st.booleans()), max_size=3))
def test_it_is_never_no_number(found: list[tuple[tuple[int, ...], tuple[int, ...], float, bool]]) -> None:
    """Whatever the bins: of different lengths, of one version only."""
    spans = [
        span(ours, theirs, number=place + 1, share=share, keyed=keyed)
        for place, (ours, theirs, share, keyed) in enumerate(found)
    ]
    assert isfinite(outputs_evidence(compared(spans)))
    if any(any(one.outputs[0]) for one in spans):
        assert all(isfinite(ours) and isfinite(theirs) for _, ours, theirs in moved(compared(spans)))
