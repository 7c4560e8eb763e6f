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
    of_steps = (warning for step in outlook.steps for warning in _of_step(ask, step))
    return (*_of_all(ask, outlook), *of_steps)


def _of_all(ask: Ask, outlook: Outlook) -> Iterator[str]:
    if outlook.exposures and outlook.finds is None:
        most = max(one.size for one in outlook.exposures)
        other = "more traffic, or a step that waits for a person, would help"
        if outlook.better and outlook.better.finds:
            other = f"the better steps below find {outlook.better.finds:g} times as many"
        elif outlook.better is None:
            other = f"nor do the other steps that were tried; {other}"
        yield (
            "no regression that was looked at is likely to be found before 100 %, not even "
            f"{most:g} times as many errors: {other}"
        )
    outputs = ask.rollout.judge.outputs
    if outputs is not None and outputs.on_change == "hold":
        yield (
            f"outputs hold: if {ask.canary} predicts otherwise than {ask.stable}, as a retrained model "
            "mostly does, the rollout pauses and does not go on until a person resumes it; without that: "
            "outputs: {on_change: ignore}"
        )


def better_words(outlook: Outlook) -> str:
    """Return the better schedule as it would be typed and what it gains; empty where there is none."""
    found, worst = outlook.better, outlook.worst
    if found is None or worst is None:
        return ""
    steps = ",".join(f"{step:g}" for step in (*found.steps, 100.0))
    new, old = span(found.seconds), span(outlook.seconds)
    takes = f"{new} instead of {old}" if new != old else f"{new} as well"
    finds = ""
    if outlook.finds is None and found.finds is not None:
        finds = f"finds {found.finds:g} times as many errors, where the steps asked for find nothing; it "
    return (
        f"{steps} {finds}takes {takes}, with {count(found.bad)} bad answers at worst instead of "
        f"{count(worst.bad)}"
    )


def count(number: float) -> str:
    """Write an expected number: two digits that count, whole from 10 on."""
    return f"{number:,.0f}" if number >= 9.95 else f"{number:.2g}"


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
        errors = [one for one in step.detections if one.metric == "errors"]
        if errors and all(math.isinf(one.requests) for one in errors):
            yield f"{where}: it would find none of the regressions looked at in any time"
        else:
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
