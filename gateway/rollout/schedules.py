"""Looks for a schedule that is better: faster at no more bad answers, or with fewer in no more time.

Its first step is never larger than the one that was asked for: a small first step also guards against what no
judge sees.
"""

from __future__ import annotations

import math
from itertools import combinations

from gateway.rollout.exposure import exposures, worst_of
from gateway.rollout.outlook import Ask, Better, Outlook
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
    in_time = [
        one
        for one in _candidates(ask, few)
        if one[0] <= now.seconds and one[0] < math.inf and one[1] != _weights(ask)
    ]
    spread = in_time[:: max(1, len(in_time) // TRIED)]  # the fast ones cost more: some of each
    tried = [_measured(with_steps(ask, weights), few) for _, weights in spread]
    gains = sorted(((_gain(now, one), one) for one in tried), key=lambda pair: (-pair[0], pair[1].bad))
    for gain, found in gains[:SURE]:
        if gain < WORTH:
            return None
        sure = _measured(with_steps(ask, _units(found.steps)), paths)
        if _gain(Better((), outlook.seconds, outlook.worst.bad), sure) >= WORTH:
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
    worst = worst_of(exposures(ask, stages_of(ask), paths))
    assert worst is not None  # only asked where errors are judged
    return Better(tuple(w * 100 / UNITS for w in _weights(ask)), _seconds(ask, paths), worst.bad)


def _gain(now: Better, other: Better) -> float:
    """Return the larger part that is gained where nothing is lost; below 0 where something is.

    A schedule that gets nowhere costs few bad answers for that reason alone: one that does gains all.
    """
    if now.seconds == math.inf:
        return 1.0 if other.seconds < math.inf else -1.0
    if other.seconds > now.seconds or other.bad > now.bad:
        return -1.0
    return max(1 - other.seconds / now.seconds, 1 - other.bad / now.bad if now.bad else 0.0)


def _weights(ask: Ask) -> tuple[int, ...]:
    return tuple(step.weight for step in ask.steps)


def _units(percents: tuple[float, ...]) -> tuple[int, ...]:
    return tuple(round(percent * UNITS / 100) for percent in percents)
