"""What happens next in a rollout, in the words of `gateway rollout` and `gateway status`: pure."""

from __future__ import annotations

import re

from gateway.routing.judges import Judge
from gateway.routing.plan import UNITS, Route, shortest_percent
from gateway.routing.rollouts import Progress

_BY_HAND = re.compile(r"(cli|api):.* paused it(: |$)")
"""How a pause of a person begins, see `gateway.control.rollouts.steering.said`."""


def place(progress: Progress) -> str:
    """Say which step is in force: `step 2 of 4`."""
    return f"step {progress.step + 1} of {len(progress.steps)}"


def weight(progress: Progress) -> str:
    """Return the canary's share in this step: `5 %`."""
    return f"{shortest_percent(progress.steps[progress.step].weight)} %"


def is_paused_by_hand(progress: Progress) -> bool:
    """Tell whether it was a person who paused it, rather than a metric, silence or the end of patience."""
    return progress.state == "paused" and not progress.held_by and bool(_BY_HAND.match(progress.why))


def next_in_words(route: Route) -> str:
    """Say what ends the step in force and what follows; empty where no rollout is under way."""
    progress = route.progress
    if progress is None or not progress.is_active:
        return ""
    if progress.state == "paused":
        return (
            f"it keeps its {weight(progress)} until somebody resumes it (`gateway resume`) or takes the "
            "next step (`gateway promote`), and is still taken back if it is shown to be worse"
        )
    step = progress.steps[progress.step]
    following = progress.steps[progress.step + 1].weight
    then = "it becomes stable" if following >= UNITS else f"it gets {shortest_percent(following)} %"
    if step.until == "person":
        return f"{then} when a person takes the next step (`gateway promote`)"
    if step.until == "time" and following < UNITS:
        return f"{then} {duration(step.seconds)} after this step began"
    first = f"{duration(step.seconds)} after this step began, " if step.seconds else ""
    return f"{then} {first}once {shown(route.rules.judge, progress, following)}"


def shown(judge: Judge, progress: Progress, following: int) -> str:
    """Say what a canary has to show before it gets so many units."""
    parts = []
    share = following / UNITS
    margins = {m.margin for m in (judge.errors, judge.latency) if m is not None}
    if len(margins) == 1:
        parts.append(f"no more than {times(margins.pop(), share)} as bad as {progress.stable}")
    elif margins and judge.errors and judge.latency:
        parts.append(
            f"to fail no more than {times(judge.errors.margin, share)} as often as {progress.stable} "
            f"and to be slow no more than {times(judge.latency.margin, share)} as often"
        )
    if judge.asked:
        parts.append("passed by " + ", ".join(asked.name for asked in judge.asked))
    return f"it is shown {' and '.join(parts)}" if parts else "its verdict is in"


def times(margin: float, share: float) -> str:
    """Return how many times as bad as stable a canary may be, to get this share next: `3 times`."""
    return f"{1 + (margin - 1) / share:.3g} times"


def duration(seconds: float) -> str:
    """Write a time as people say it, in two units at most: `40 s`, `3 min 20 s`, `6 h`, `1 d 2 h`."""
    left = max(round(seconds), 0)
    if left >= 3600:
        left = left // 60 * 60
    if left >= 86_400:
        left = left // 3600 * 3600
    parts = []
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts) or "0 s"
