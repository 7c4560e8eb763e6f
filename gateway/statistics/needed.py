"""How many requests a test still needs if everything goes on as it looks: a straight line drawn on."""

from __future__ import annotations

from math import ceil, inf, log, log1p

from gateway.statistics.bounds import RATE_PRIOR
from gateway.statistics.sequential import Alternatives, gains, log_sum

_DOUBLINGS, _HALVINGS = 30, 30


def requests_needed(
    *,
    requests: tuple[int, int],
    bad: tuple[int, int],
    share: float,
    against: Alternatives,
    acceptable: float,
    bar: float,
    least: int,
) -> int | None:
    """Return the requests of canary and stable together until either test reaches `bar` (a logarithm).

    Counts are those of the canary and of stable so far; `acceptable` 0: no absolute bar; `least`: what is
    needed anyway. None where evidence does not grow, or next to nothing.
    """
    total = requests[0] + requests[1]
    tests = [_by_ratio(bad, share, against)]
    if 0.0 < acceptable < 1.0:
        tests.append(_by_rate(bad[0], requests[0], acceptable))
    times = min(_times_until(growing, bar) for growing in tests)
    if times == inf:
        return None
    return max(ceil(total * (times - 1.0)), least - total, 1)


def _times_until(growing: list[tuple[float, float]], bar: float) -> float:
    """How many times what was seen brings a mixture to the bar; it is convex, so it goes there once."""

    def reached(times: float) -> bool:
        return log_sum([times * gained - cost for gained, cost in growing]) >= bar

    enough = next((2.0**power for power in range(_DOUBLINGS) if reached(2.0**power)), inf)
    if enough == inf:
        return inf
    short = 0.0
    for _ in range(_HALVINGS):
        middle = (short + enough) / 2
        short, enough = (short, middle) if reached(middle) else (middle, enough)
    return enough


def _by_ratio(bad: tuple[int, int], share: float, against: Alternatives) -> list[tuple[float, float]]:
    """Per alternative: what it has gained, and what its prior costs."""
    cost = log(len(against.multiples))
    return [
        (bad[0] * canary + bad[1] * stable, cost)
        for canary, stable in zip(*gains(share, against), strict=True)
    ]


def _by_rate(bad: int, requests: int, bar: float) -> list[tuple[float, float]]:
    good, base = max(0, requests - bad), log1p(-bar)
    return [
        ((bad * log(part) if bad else 0.0) + good * (log1p(-part * bar) - base), -log(weight))
        for part, weight in RATE_PRIOR
        if part or not bad
    ]
