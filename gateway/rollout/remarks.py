"""What has to be said beside the numbers of a plan: what will not do, and what was assumed."""

from __future__ import annotations

import math
from collections.abc import Iterator

from gateway.rollout.outlook import PAUSE, Ask, Outlook, StepOutlook
from gateway.routing.plan import shortest_percent

EXPECTED = 0.9
PLAIN = 2.0
"""A step that finds this many times as many errors in time is not warned about."""


def span(seconds: float) -> str:
    """Return a time with two digits that count: `45 s`, `12 min`, `3.4 h`, `2.5 d`; `never` if infinite."""
    if math.isinf(seconds):
        return "never"
    for size, unit in ((86_400.0, "d"), (3_600.0, "h"), (60.0, "min")):
        if seconds >= size * (2 if unit == "d" else 1):
            return (
                f"{seconds / size:.2g} {unit}" if seconds < 99.5 * size else f"{seconds / size:,.0f} {unit}"
            )
    return f"{seconds:.0f} s"


def warnings_of(ask: Ask, outlook: Outlook) -> tuple[str, ...]:
    """Return what will not go well, a sentence each."""
    return tuple(warning for step in outlook.steps for warning in _of_step(ask, step))


def _of_step(ask: Ask, step: StepOutlook) -> Iterator[str]:
    where = f"step {shortest_percent(step.weight)} %"
    judge = ask.rollout.judge
    is_timed = step.slowest == PAUSE
    waited = f"its pause ({span(step.seconds)})" if is_timed else f"max_wait ({span(judge.max_wait)})"
    if step.in_time < EXPECTED:
        yield (
            f"{where}: a version that is no worse passes within {waited} with a chance of {step.in_time:.0%} "
            f"only; it needs {span(step.seconds)} (p90 {span(step.seconds_p90)}), mostly for {step.slowest}"
        )
    if judge.errors and (step.reachable is None or step.reachable > PLAIN):
        least = (
            f"less than {step.reachable:g} times as many errors"
            if step.reachable
            else "any of the regressions looked at"
        )
        yield f"{where}: at this rate it cannot be expected to find {least} within {waited}"


def notes_of(ask: Ask) -> tuple[str, ...]:
    """Return what was assumed, a sentence each."""
    return tuple(_notes(ask))


def _notes(ask: Ask) -> Iterator[str]:
    judge = ask.rollout.judge
    if ask.keyed:
        yield (
            "users are pinned to a version, so all numbers count users: each is one draw in a step, and the "
            "times hold for as many new users a second"
        )
    if judge.latency and any(ask.traffic.histogram):
        yield "a slower version is taken to have stable's latencies, each as many times as long"
    elif judge.latency:
        yield "nothing is said of slower versions: this route's latencies are not known yet"
    if judge.errors is None:
        yield "errors are not judged, so nothing is said of versions that fail more often"
    if any(step.until == "person" for step in ask.steps):
        yield "a step that waits for a person is counted as if they said yes once the judges pass it"
    if judge.asked:
        names = ", ".join(asked.name for asked in judge.asked)
        yield f"judges elsewhere are left out: {names}"
    if ask.rollout.freeze:
        yield "freeze windows are left out; in them no step ends"
