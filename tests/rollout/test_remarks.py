"""What is said beside the numbers, in sentences."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from gateway.rollout.outlook import Ask, Better, Detection, Exposure, Outlook, StepOutlook, Traffic
from gateway.rollout.remarks import better_words, count, notes_of, span, warnings_of
from gateway.routing.judges import Judge, Metric
from gateway.routing.rollouts import Freeze, Rollout, Step

UNHELD = Judge(outputs=None)
ASK = Ask("canary", "blue", "late", Rollout(judge=UNHELD), Traffic(50.0, 0.01, (0, 5)))
STEP = StepOutlook(
    share=0.05,
    weight=5_000,
    until="verdict",
    rate=50.0,
    requests=1000,
    requests_p90=2000,
    seconds=20.0,
    seconds_p90=40.0,
    slowest="errors",
    in_time=1.0,
    detections=(),
    finds=2.0,
    finds_latency=None,
    reachable=1.5,
)


def warned(step: StepOutlook, ask: Ask = ASK) -> tuple[str, ...]:
    """Return the warnings about one step."""
    return warnings_of(ask, Outlook((step,), 20.0, 40.0, (), None, None, (), ()))


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.4, "0 s"),
        (45, "45 s"),
        (60, "1 min"),
        (750, "12 min"),
        (3600, "1 h"),
        (100_000, "28 h"),
        (200_000, "2.3 d"),
        (86_400 * 400, "400 d"),
        (math.inf, "never"),
    ],
)
def test_times_have_two_digits(seconds: float, said: str) -> None:
    """In the unit that makes them easiest to compare."""
    assert span(seconds) == said


def test_a_step_that_does_well_is_not_warned_about() -> None:
    """It passes in time, and finds twice the errors."""
    assert warned(STEP) == ()


def test_too_short_a_wait_is_named_with_what_is_needed() -> None:
    """The chance, the time, and whose time it is."""
    (said,) = warned(replace(STEP, in_time=0.4, seconds=30_000.0, seconds_p90=60_000.0))
    assert said == (
        "step 5 %: a version that is no worse passes within max_wait (6 h) with a chance of 40% only; "
        "it needs 8.3 h (p90 17 h), mostly for errors"
    )


@pytest.mark.parametrize(
    ("reachable", "said"),
    [(5.0, "less than 5 times as many errors"), (None, "any of the regressions looked at")],
)
def test_what_cannot_be_found_in_time_is_said_plainly(reachable: float | None, said: str) -> None:
    """Not where errors are not judged at all."""
    step = replace(STEP, reachable=reachable)
    assert warned(step) == (
        f"step 5 %: at this rate it cannot be expected to find {said} within max_wait (6 h)",
    )
    unjudged = replace(ASK, rollout=Rollout(judge=Judge(errors=None, outputs=None)))
    assert warned(step, unjudged) == ()


def test_notes_say_what_was_assumed() -> None:
    """One for each thing that is not as simple as the numbers make it look."""
    assert len(notes_of(ASK)) == 1
    assert "not known yet" in notes_of(replace(ASK, traffic=Traffic(50.0, 0.01)))[0]
    metric = Metric("sales", "http", "https://judge.example/")
    rollout = Rollout(
        steps=(Step(5_000, "person"), Step(100_000)),
        judge=Judge(errors=None, metrics=(metric,)),
        freeze=(Freeze("Fri 16:00 - Mon 08:00 UTC", 0, 1, "UTC"),),
    )
    said = " ".join(notes_of(replace(ASK, rollout=rollout, keyed=True)))
    for part in ("count users", "errors are not judged", "waits for a person", "sales", "freeze windows"):
        assert part in said


def exposure(size: float, found: float) -> Exposure:
    """A regression that is found with this chance."""
    return Exposure(size, found, 0.0, 1, 1000.0, 20.0, 50.0)


def outlook(*exposures: Exposure, better: Better | None = None) -> Outlook:
    """A plan of one step."""
    return Outlook((STEP,), 20.0, 40.0, exposures, exposures[-1], better, (), ())


def test_that_nothing_would_be_found_is_said_with_what_would_find_something() -> None:
    """The better steps where they do, else that none of those tried does."""
    blind = (exposure(1.25, 0.0), exposure(20.0, 0.3))
    (said,) = warnings_of(ASK, outlook(*blind))
    assert "not even 20 times as many errors: nor do the other steps that were tried" in said
    better = Better((1.0, 50.0), 90.0, 40.0, 5.0)
    (said,) = warnings_of(ASK, outlook(*blind, better=better))
    assert said.endswith("the better steps below find 5 times as many")
    assert better_words(outlook(*blind, better=better)).startswith(
        "1,50,100 finds 5 times as many errors, where"
    )
    assert warnings_of(ASK, outlook(exposure(20.0, 0.8))) == ()


def test_a_step_that_finds_nothing_in_any_time_is_said_to() -> None:
    """Rather than that its wait is too short."""
    never = Detection("errors", 20.0, 0.0, math.inf, math.inf, math.inf, math.inf, 0.0)
    (said,) = warned(replace(STEP, reachable=None, detections=(never,)))
    assert said == "step 5 %: it would find none of the regressions looked at in any time"


def test_outputs_that_hold_are_warned_about() -> None:
    """Whoever goes home after the start finds it paused in the morning."""
    held = replace(ASK, rollout=Rollout())
    (said,) = warned(STEP, held)
    assert said.startswith("outputs hold: if canary predicts otherwise than blue")


def test_numbers_have_the_digits_that_count() -> None:
    """An expected number is no exact one."""
    assert [count(n) for n in (0.123, 3.21, 9.96, 1234.5)] == ["0.12", "3.2", "10", "1,234"]
