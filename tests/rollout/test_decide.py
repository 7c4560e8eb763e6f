"""What a rollout does next: every rule, and that nothing else ever happens."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rollout.decide import BLACKOUT, NO_ROOM, NO_TRAFFIC, Decision, Gate, Situation, decide
from gateway.rollout.decision import LONGEST_WHY, counted, next_weight
from gateway.rollout.evidence import Counts, Evidence, Span
from gateway.rollout.verdict import MetricVerdict, Outcome, Verdict
from gateway.routing import rollouts
from gateway.routing.judges import Judge, Waited
from gateway.routing.plan import UNITS
from gateway.routing.rollout_states import after
from gateway.routing.rollouts import Progress, Rollout, State, Step, Until

SPEC = Rollout()
FIVE, HALF, ALL = Step(5_000), Step(50_000), Step(UNITS)
PROGRESS = Progress(7, "canary", "blue", "progressing", 0, (FIVE, HALF, ALL), "it began")
LAST = replace(PROGRESS, step=1)
SOME = Evidence(7, (Span(1, 1, 0, 7, 0.05, Counts(5, (0,)), Counts(95, (0,))),))


def said(outcome: Outcome, *metrics: tuple[str, Outcome]) -> Verdict:
    """Return a verdict whose sentences have numbers."""
    found = tuple(MetricVerdict(name, each, f"{name}: 1 of 2 {each}") for name, each in metrics)
    return Verdict(outcome, f"1 of 2 in all: {outcome}", found)


def step(until: Until = "verdict", seconds: float = 0.0) -> Progress:
    """Return a rollout in a first step of this kind."""
    return replace(PROGRESS, steps=(Step(5_000, until, seconds), HALF, ALL))


def now(
    progress: Progress = PROGRESS,
    outcome: Verdict | Outcome = "inconclusive",
    evidence: Evidence = SOME,
    spec: Rollout = SPEC,
    **situation: object,
) -> Decision | None:
    """Decide."""
    verdict = outcome if isinstance(outcome, Verdict) else said(outcome)
    return decide(progress, spec, verdict, Situation(**situation), evidence)  # type: ignore[arg-type]


def event(found: Decision | None) -> str:
    """Return what was decided, empty: nothing."""
    return found.event if found else ""


@pytest.mark.parametrize("state", ["progressing", "paused"])
@pytest.mark.parametrize("frozen", ["", "Fri 16:00 - Mon 08:00 Europe/Oslo"])
@pytest.mark.parametrize("silent", [0.0, 100.0])
def test_what_is_worse_is_taken_back_whatever_else_holds(state: str, frozen: str, silent: float) -> None:
    """Paused, within a freeze, in silence: users do not wait for a person."""
    at = replace(PROGRESS, state=state)  # type: ignore[arg-type]
    found = now(at, "fail", frozen=frozen, silent=silent, gate="held")
    assert found == Decision("fail", "1 of 2 in all: fail")


@pytest.mark.parametrize("outcome", ["pass", "hold", "inconclusive"])
def test_nothing_else_moves_a_paused_one(outcome: Outcome) -> None:
    """It waits for whoever paused it, in silence and after any time too."""
    paused = replace(PROGRESS, state="paused")
    assert now(paused, outcome, elapsed=1e9, silent=1e9, gate="failed") is None


@pytest.mark.parametrize("state", ["healthy", "degraded"])
@pytest.mark.parametrize("outcome", ["pass", "fail", "hold", "inconclusive"])
def test_what_is_over_stays_over(state: str, outcome: Outcome) -> None:
    """A late verdict moves nothing."""
    assert now(replace(PROGRESS, state=state), outcome, elapsed=1e9) is None  # type: ignore[arg-type]


def test_a_blackout_pauses() -> None:
    """Nobody knows how the canary does, so nobody lets it grow; ten seconds are not yet a blackout."""
    assert event(now(outcome="pass", silent=BLACKOUT)) == "advance"
    found = now(outcome="pass", silent=10.4)
    assert found == Decision(
        "pause",
        "blackout: for 10 s no worker has said anything, so nobody knows how canary does",
    )


def test_a_hold_asks_a_person_and_names_the_metric() -> None:
    """The first metric that holds is what the person is asked about."""
    verdict = said("hold", ("errors", "pass"), ("outputs", "hold"), ("score", "hold"))
    found = now(outcome=verdict)
    assert found == Decision("pause", "a person has to look at it: outputs: 1 of 2 hold", "outputs")


def test_an_answered_hold_asks_no_more() -> None:
    """What a person accepted counts as seen; the other metrics still decide."""
    accepted = replace(PROGRESS, accepted=("outputs",))
    both = said("hold", ("outputs", "hold"), ("score", "hold"))
    assert now(accepted, both) == Decision("pause", "a person has to look at it: score: 1 of 2 hold", "score")
    assert event(now(accepted, said("hold", ("errors", "pass"), ("outputs", "hold")))) == "advance"
    assert now(accepted, said("hold", ("errors", "inconclusive"), ("outputs", "hold"))) is None
    assert now(accepted, said("hold", ("outputs", "hold"))) is None


def test_a_hold_without_a_metric_is_the_judges_own() -> None:
    """It pauses as well, once."""
    assert now(outcome="hold") == Decision(
        "pause", "a person has to look at it: 1 of 2 in all: hold", "judge"
    )
    assert now(replace(PROGRESS, accepted=("judge",)), "hold") is None


def test_a_canary_that_gets_nothing_is_paused() -> None:
    """None of 405 is less probable than 1 in 10^9 at 5 %, none of 404 is not; somebody has to look at it."""
    none = Counts(0, (0,))
    enough = math.ceil(math.log(1e-9) / math.log(0.95))
    for stable, expected in ((enough - 1, ""), (enough, "pause")):
        left_out = Evidence(7, (Span(1, 1, 0, 7, 0.05, none, Counts(stable, (0,))),))
        assert event(now(evidence=left_out)) == expected
    found = now(evidence=left_out)
    assert found is not None
    assert found.held_by == NO_TRAFFIC
    assert f"canary got none of {enough} requests in step 1 of 3" in found.why
    assert now(replace(PROGRESS, accepted=(NO_TRAFFIC,)), evidence=left_out) is None


def test_only_this_step_counts_for_a_canary_that_gets_nothing() -> None:
    """Another step had another share, and its requests say nothing of this one."""
    none, many = Counts(0, (0,)), Counts(10_000, (0,))
    assert now(evidence=Evidence(7, (Span(1, 1, 1, 7, 0.05, none, many),))) is None
    one = (Span(1, 1, 0, 7, 0.05, none, many), Span(2, 1, 0, 8, 0.05, Counts(1, (0,)), many))
    assert now(evidence=Evidence(7, one)) is None


def test_a_step_until_a_verdict_waits_for_a_pass() -> None:
    """Inconclusive is a verdict: stay. A pass leads on, with the verdict's sentence."""
    assert now(elapsed=SPEC.judge.max_wait - 1) is None
    found = now(outcome="pass")
    assert found == Decision("advance", "1 of 2 in all: pass; canary goes from 5 % to 50 %")


def test_a_step_until_a_time_goes_on_without_a_verdict() -> None:
    """But only once the canary was asked at all: no data is not good data."""
    timed = step("time", 600.0)
    assert now(timed, "pass", elapsed=599.0) is None
    assert now(timed, elapsed=600.0, evidence=Evidence(7)) is None
    found = now(timed, elapsed=600.0)
    assert found == Decision(
        "advance",
        "the 600 s of this step are over, with 5 requests of canary and 95 of blue; "
        "canary goes from 5 % to 50 %",
    )


def test_a_step_until_a_person_never_ends_by_itself() -> None:
    """Whatever the verdict and however long it takes."""
    assert now(step("person"), "pass", elapsed=1e9) is None


def test_the_last_step_needs_a_pass() -> None:
    """Time alone gives no version all of the traffic."""
    last = replace(LAST, steps=(FIVE, Step(50_000, "time", 600.0), ALL))
    here = Evidence(7, (replace(SOME.spans[0], step=1),))
    assert now(last, elapsed=10_000.0, evidence=here) is None
    assert now(last, "pass", elapsed=599.0, evidence=here) is None
    found = now(last, "pass", elapsed=600.0, evidence=here)
    assert found == Decision("complete", "1 of 2 in all: pass; canary becomes stable and gets everything")
    until_person = replace(LAST, steps=(FIVE, Step(50_000, "person"), ALL))
    assert now(until_person, "pass", elapsed=1e9, evidence=here) is None


def test_steps_that_end_below_everything_end_with_everything() -> None:
    """What comes after the last step is 100 %, and that needs a pass too."""
    short = replace(PROGRESS, steps=(Step(5_000, "time", 60.0),))
    assert now(short, elapsed=61.0) is None
    assert event(now(short, "pass", elapsed=61.0)) == "complete"


@pytest.mark.parametrize(
    ("gate", "expected"), [("none", "advance"), ("open", "advance"), ("asked", ""), ("held", "")]
)
def test_hooks_hold_a_step_until_they_open(gate: str, expected: str) -> None:
    """No answer holds like a no."""
    assert event(now(outcome="pass", gate=gate)) == expected


def test_a_hook_can_have_it_taken_back() -> None:
    """With its reason, and where that happened."""
    found = now(outcome="pass", gate="failed", gate_why="the hook says no")
    assert found == Decision("fail", "the hook says no (step 1 of 3, at 5 %)")
    assert now(outcome="inconclusive", gate="failed") is None


@pytest.mark.parametrize("gate", ["none", "open", "held", "failed"])
def test_nothing_grows_within_a_freeze(gate: str) -> None:
    """Neither by a pass nor by time nor by waiting, and no hook counts before the freeze is over."""
    frozen = "Fri 16:00 - Mon 08:00 Europe/Oslo"
    promote = replace(SPEC, judge=Judge(then="promote"))
    assert now(outcome="pass", frozen=frozen, gate=gate) is None
    assert now(step("time", 60.0), elapsed=60.0, frozen=frozen, gate=gate) is None
    assert now(spec=promote, elapsed=1e9, frozen=frozen, gate=gate) is None


@pytest.mark.parametrize(
    ("then", "expected", "words"),
    [
        (
            "pause",
            "pause",
            "after 21600 s in step 1 of 3 there is no verdict (5 requests of canary, 95 of blue): ",
        ),
        ("abort", "fail", "was not judged worse: 1 of 2 in all: inconclusive"),
        ("promote", "advance", "it goes on as routing.yaml says; canary goes from 5 % to 50 %"),
    ],
)
def test_after_max_wait_the_route_says_what_happens(then: Waited, expected: str, words: str) -> None:
    """Each with a sentence that cannot be taken for a verdict."""
    spec = replace(SPEC, judge=Judge(then=then))
    assert now(spec=spec, elapsed=21_599.0) is None
    found = now(spec=spec, elapsed=21_600.0)
    assert event(found) == expected
    assert found is not None
    assert words in found.why


def test_waiting_promotes_neither_to_everything_nor_without_a_request() -> None:
    """Then `promote` pauses, and says why."""
    spec = replace(SPEC, judge=Judge(then="promote"))
    here = Evidence(7, (replace(SOME.spans[0], step=1),))
    found = now(LAST, spec=spec, elapsed=21_600.0, evidence=here)
    assert event(found) == "pause"
    assert found is not None
    assert "time alone never gives a version all of the traffic" in found.why
    assert event(now(spec=spec, elapsed=21_600.0, evidence=Evidence(7))) == "pause"


def test_waiting_begins_after_the_time_of_the_step() -> None:
    """A last step of a day is not given up after six hours."""
    last = replace(LAST, steps=(FIVE, Step(50_000, "time", 86_400.0), ALL))
    assert now(last, elapsed=86_400.0 + 21_599.0) is None
    assert event(now(last, elapsed=86_400.0 + 21_600.0)) == "pause"


def test_a_reason_from_elsewhere_cannot_stop_a_rollback() -> None:
    """A reason must be one printable line to be journalled, so it is made one, and not too long."""
    found = now(outcome=Verdict("fail", "two\nlines \ud800 \x1b[31m" + "x" * 5000))
    assert found is not None
    assert found.why.isprintable()
    assert found.why.startswith("two lines   ")
    assert len(found.why) == LONGEST_WHY


OUTCOMES: st.SearchStrategy[Outcome] = st.sampled_from(["pass", "fail", "hold", "inconclusive"])
STATES: st.SearchStrategy[State] = st.sampled_from(["healthy", "progressing", "paused", "degraded"])
GATES: st.SearchStrategy[Gate] = st.sampled_from(["none", "asked", "open", "held", "failed"])
TIMES = st.sampled_from([0.0, 9.0, 11.0, 60.0, 600.0, 21_600.0, 1e6])
COUNTS = st.builds(Counts, st.sampled_from([0, 1, 10, 1000]), st.just((0,)))
METRICS = st.builds(
    MetricVerdict, st.sampled_from(["errors", "outputs"]), OUTCOMES, st.text(min_size=1, max_size=20)
)
STEPS = st.builds(
    Step, st.sampled_from([1, 5_000, 99_999]), st.sampled_from(["verdict", "time", "person"]), TIMES
)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Progress, Rollout, Verdict, Situation, Evidence]:
    """Everything that `decide` can be asked."""
    steps = (*draw(st.lists(STEPS, min_size=1, max_size=3)), *draw(st.sampled_from([(), (ALL,)])))
    at = draw(st.integers(0, len([found for found in steps if found.weight < UNITS]) - 1))
    state = draw(STATES)
    accepted = draw(st.sampled_from([(), ("outputs",), (NO_TRAFFIC,)]))
    progress = replace(PROGRESS, steps=steps, step=at, state=state, accepted=accepted)
    spec = replace(SPEC, judge=Judge(then=draw(st.sampled_from(["pause", "abort", "promote"]))))
    verdict = Verdict(draw(OUTCOMES), "1 of 2", tuple(draw(st.lists(METRICS, max_size=3))))
    gate = draw(GATES)
    situation = Situation(draw(TIMES), draw(TIMES), draw(st.sampled_from(["", "Fri"])), gate, "why")
    spans = st.builds(
        Span, st.just(1), st.just(1), st.integers(0, 2), st.just(7), st.just(0.05), COUNTS, COUNTS
    )
    return progress, spec, verdict, situation, Evidence(7, tuple(draw(st.lists(spans, max_size=3))))


@given(cases())
def test_only_what_the_table_of_states_allows_is_ever_decided(
    case: tuple[Progress, Rollout, Verdict, Situation, Evidence],
) -> None:
    """And each with one printable line; the same question has the same answer."""
    progress, *_ = case
    found = decide(*case)
    assert decide(*case) == found
    if found is not None:
        after(progress.state, found.event)  # raises where the table does not have it
        assert found.why
        assert found.why.isprintable()
        assert bool(found.held_by) <= (found.event == "pause")


@given(cases())
def test_nothing_grows_without_every_leave(
    case: tuple[Progress, Rollout, Verdict, Situation, Evidence],
) -> None:
    """Whatever else is the case, these hold of every step forward."""
    progress, spec, verdict, situation, evidence = case
    found = decide(*case)
    if found is None or found.event not in ("advance", "complete"):
        return
    step = progress.steps[progress.step]
    assert progress.state == "progressing"
    assert not situation.frozen
    assert situation.gate in ("none", "open")
    assert situation.silent <= BLACKOUT
    assert step.until != "person"
    assert situation.elapsed >= step.seconds
    assert (found.event == "complete") == (next_weight(progress) == UNITS)
    passed = verdict.outcome == "pass" or "outputs" in progress.accepted
    if found.event == "complete":
        assert passed
    if not passed:
        canary, _ = counted(evidence, progress.step)
        assert canary
        waited = step.until == "verdict" and situation.elapsed >= step.seconds + spec.judge.max_wait
        assert step.until == "time" or (waited and spec.judge.then == "promote")


@given(cases())
def test_a_failed_verdict_always_ends_an_active_rollout(
    case: tuple[Progress, Rollout, Verdict, Situation, Evidence],
) -> None:
    """No other circumstance keeps a version that is worse."""
    progress, spec, verdict, situation, evidence = case
    found = decide(progress, spec, replace(verdict, outcome="fail"), situation, evidence)
    assert event(found) == ("fail" if progress.is_active else "")


def test_nothing_is_passed_before_silence_would_have_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """A version that never answers has nothing against it in its first seconds."""
    monkeypatch.setattr(rollouts, "MOST_OVERDUE", 10.0)
    monkeypatch.setattr(rollouts, "LEAST_OVERDUE", 1.0)
    assert not now(outcome="pass", elapsed=11.0)
    assert event(now(outcome="pass", elapsed=11.5)) == "advance"
    quick = replace(PROGRESS, thresholds=(10_000, 200_000))
    assert quick.overdue == 2.0
    assert not now(quick, "pass", elapsed=3.0)
    assert event(now(quick, "pass", elapsed=3.5)) == "advance"
    assert replace(PROGRESS, thresholds=(10, 20)).overdue == 1.0
    assert replace(PROGRESS, thresholds=(10, 20_000_000)).overdue == 10.0


def test_without_room_to_count_it_pauses() -> None:
    """What is not counted is not judged; a person may go on all the same."""
    found = now(outcome="pass", elapsed=60.0, is_full=True)
    assert (event(found), found and found.held_by) == ("pause", NO_ROOM)
    assert event(now(outcome="fail", is_full=True)) == "fail"
    answered = replace(PROGRESS, accepted=(NO_ROOM,))
    assert event(now(answered, "pass", elapsed=60.0, is_full=True)) == "advance"


def test_a_timed_step_nobody_came_to_ends_in_a_pause() -> None:
    """No data is not good data, and does not last for ever."""
    empty = Evidence(7, (Span(1, 1, 0, 7, 0.05, Counts(0, (0,)), Counts(3, (0,))),))
    timed = step("time", 60.0)
    wait = SPEC.judge.max_wait
    assert not now(timed, evidence=empty, elapsed=59.0 + wait)
    found = now(timed, evidence=empty, elapsed=60.0 + wait)
    assert event(found) == "pause"
