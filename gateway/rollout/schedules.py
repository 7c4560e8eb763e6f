"""Looks for a schedule that is better: faster at no more bad answers, or with fewer in no more time.

None is better that finds less: one that is over sooner because it looks less closely costs less only as long
as nothing is wrong. Where the steps asked for find nothing, one that finds something is better at any price.
Its first step is never larger than the one that was asked for: a small first step also guards against what no
judge sees.
"""

from __future__ import annotations

import math
from itertools import combinations

from gateway.rollout.exposure import exposures, worst_of
from gateway.rollout.outlook import Ask, Better, Outlook, found_by
from gateway.rollout.stages import stages_of, totals, with_steps
from gateway.routing.plan import UNITS
from gateway.statistics.walk import Paths, quantile

SHARES = (1_000, 2_000, 5_000, 10_000, 25_000, 50_000)
MOST_STEPS = 4
FEW = 100
"""Paths that are enough to choose by; what is said of the choice comes from all of them."""
TRIED, SURE = 10, 3
"""Schedules that are tried, and the best of them that are tried on all paths."""
WORTH = 0.15
"""The part of time or of bad answers that must be gained for another schedule to be mentioned."""


def better_schedule(ask: Ask, outlook: Outlook, paths: Paths) -> Better | None:
    """Return the schedule that gains most of time or of bad answers at no more of the other; None: none."""
    if outlook.worst is None:
        return None
    few = Paths(paths.gaps[:FEW], paths.noise[:FEW])
    now = _measured(ask, few)
    limit = math.inf if now.finds is None else now.seconds
    in_time = [
        one
        for one in _candidates(ask, few)
        if one[0] <= limit and one[0] < math.inf and one[1] != _weights(ask)
    ]
    spread = in_time[:: max(1, len(in_time) // TRIED)]  # the fast ones cost more: some of each
    slowest = in_time[-1:] if now.finds is None else []  # that looks most closely
    tried = [_measured(with_steps(ask, weights), few) for _, weights in (*spread, *slowest)]
    gains = sorted(((_gain(now, one), one) for one in tried), key=_first)
    for gain, found in gains[:SURE]:
        if gain < WORTH:
            return None
        sure = _measured(with_steps(ask, _units(found.steps)), paths)
        if _gain(Better((), outlook.seconds, outlook.worst.bad, outlook.finds), sure) >= WORTH:
            return sure
    return None


def _candidates(ask: Ask, paths: Paths) -> list[tuple[float, tuple[int, ...]]]:
    """Return schedules with their median time, the fastest first."""
    now = _weights(ask)
    shares = sorted({*SHARES, now[0]})
    found = []
    for count in range(1, MOST_STEPS + 1):
        for weights in combinations(shares, count):
            if weights[0] <= now[0]:
                found.append((_seconds(with_steps(ask, weights), paths), weights))
    return sorted(found)


def _seconds(ask: Ask, paths: Paths) -> float:
    return quantile(totals(stages_of(ask), paths), 0.5)


def _measured(ask: Ask, paths: Paths) -> Better:
    exposed = exposures(ask, stages_of(ask), paths)
    worst = worst_of(exposed)
    assert worst is not None  # only asked where errors are judged
    steps = tuple(w * 100 / UNITS for w in _weights(ask))
    return Better(steps, _seconds(ask, paths), worst.bad, found_by(exposed))


def _first(pair: tuple[float, Better]) -> tuple[float, float, float]:
    gain, found = pair
    return -gain, found.finds or math.inf, found.bad


def _gain(now: Better, other: Better) -> float:
    """Return the larger part that is gained where nothing is lost; below 0 where something is.

    A schedule that gets nowhere or finds nothing costs little for that reason alone: one that does gains all.
    """
    if other.finds is None or (now.finds is not None and other.finds > now.finds):
        return -1.0
    if now.finds is None:
        return 1.0 if other.seconds < math.inf else -1.0
    if now.seconds == math.inf:
        return 1.0 if other.seconds < math.inf else -1.0
    if other.seconds > now.seconds or other.bad > now.bad:
        return -1.0
    return max(1 - other.seconds / now.seconds, 1 - other.bad / now.bad if now.bad else 0.0)


def _weights(ask: Ask) -> tuple[int, ...]:
    return tuple(step.weight for step in ask.steps)


def _units(percents: tuple[float, ...]) -> tuple[int, ...]:
    return tuple(round(percent * UNITS / 100) for percent in percents)
