"""What is said beside the numbers, in sentences."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from gateway.rollout.outlook import Ask, Outlook, StepOutlook, Traffic
from gateway.rollout.remarks import notes_of, span, warnings_of
from gateway.routing.rollouts import Freeze, Judge, Metric, Rollout, Step

ASK = Ask("canary", "blue", "late", Rollout(), Traffic(50.0, 0.01, (0, 5)))
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
    unjudged = replace(ASK, rollout=Rollout(judge=Judge(errors=None)))
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
