"""The rows in which the planner's prediction stands beside what it then took to find a bad version."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Sequence
from statistics import median

from scipy.stats import binom

from benchmarks.figures import percentile
from benchmarks.measured.row import Figure, Reached, Row
from benchmarks.rollouts.measured import BASE, Effect, Measured, detected
from benchmarks.rollouts.scale import Scale
from benchmarks.rollouts.trial import CANARY, STABLE
from gateway.rollout.outlook import Ask, Detection
from gateway.rollout.planner import plan
from gateway.statistics.walk import draw

GROUP = "The planner beside the gateway"
MOST = 30.0
"""Percent that a prediction may be off the measured median; that of few rollouts says little,
so what counts is the 90 % interval in which the median lies."""
_LOOK = 1.0
"""Seconds from one look of the controller to the next: what holds between two may be gone at the second."""
_SURE = 0.9
_SEED = 1


def predicted(effect: Effect, found: Measured) -> Detection:
    """Return what the planner says of this effect in the first step, from the traffic there was before."""
    ask = Ask(CANARY, STABLE, "late", found.rollout, found.traffic)
    outlook = plan(ask, draw(random.Random(_SEED).random))
    metric = "latency" if effect.is_latency else "errors"
    return next(
        one for one in outlook.steps[0].detections if (one.metric, one.size) == (metric, effect.times)
    )


def compared(effect: Effect, found: Measured) -> Reached:
    """Return prediction and measurement beside each other."""
    foreseen, middle = predicted(effect, found), median(found.requests)
    until_look = foreseen.requests + _LOOK * effect.rate
    low, high = interval(found.requests)
    nearest = min(max(until_look, low), high)
    figures = (
        Figure("rollouts, all taken back", len(found.requests), least=1),
        Figure("predicted requests to detection", foreseen.requests),
        Figure("and until a look sees it, once a second", until_look),
        Figure("measured, median", middle),
        Figure("its 90 % interval from", low),
        Figure("to", high),
        Figure("prediction off the median by", abs(until_look / middle - 1) * 100, " %"),
        Figure("off its interval by", abs(until_look / nearest - 1) * 100, " %", most=MOST),
        Figure("p90 predicted", foreseen.requests_p90),
        Figure("p90 measured", percentile(list(found.requests), 0.9)),
    )
    return Reached(found.sent, found.bad, figures)


def interval(requests: Sequence[int]) -> tuple[int, int]:
    """Return between which measurements the median lies with 90 %: by how many heads a coin may show."""
    ordered = sorted(requests)
    out = int(binom.ppf((1 - _SURE) / 2, len(ordered), 0.5))
    return ordered[max(out - 1, 0)], ordered[min(len(ordered) - out, len(ordered) - 1)]


def row(name: str, what: str, effect: Effect) -> Row[Scale]:
    """Return the row of an effect."""
    return Row(name, GROUP, what, f"prediction within {MOST:g} % of the measured median", _run(effect))


def _run(effect: Effect) -> Callable[[Scale], Awaitable[Reached]]:
    async def run(scale: Scale) -> Reached:
        return compared(effect, await detected(effect, effect.runs * scale.runs))

    return run


_BASE = f"of stable's {BASE:.0%}"
ROWS = (
    row("planned-2", f"2 times the errors {_BASE}, at 50 %", Effect(2.0, 110.0, runs=3)),
    row("planned-3", f"3 times the errors {_BASE}, at 50 %", Effect(3.0, 80.0)),
    row("planned-5", f"5 times the errors {_BASE}, at 50 %", Effect(5.0, 50.0)),
    row("planned-latency", "answers take 1.1 times as long, at 50 %", Effect(1.1, 60.0, is_latency=True)),
)
