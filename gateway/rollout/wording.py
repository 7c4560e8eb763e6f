"""Numbers as a person reads them."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, exp, floor, inf, log10, nextafter

_BEYOND_DOUBT = 1_000_000


def percent(fraction: float) -> str:
    """Return a fraction as `4.8 %`: two digits that count, and whole numbers from 10 % on."""
    value = fraction * 100
    if value <= 0.0:
        return "0 %"
    digits = 0 if value >= 9.95 else min(9, 1 - floor(log10(value)))
    return f"{value:.{digits}f} %"


def share(fraction: float) -> str:
    """Return a share that somebody chose, as short as it can be: `25 %`."""
    return f"{round(fraction * 100, 3):g} %"


def rate(bad: int, requests: int, counts: str = "requests") -> str:
    """Return `4.8 % of its requests (52 of 1,083)`; `counts` names what is counted."""
    if not bad:
        return f"none of its {requests:,} {counts}"
    return f"{percent(bad / requests)} of its {counts} ({bad:,} of {requests:,})"


def brief_rate(bad: int, requests: int) -> str:
    """Return `0.9 % (190 of 20,511)`, for who is named second."""
    return f"{percent(bad / requests)} ({bad:,} of {requests:,})" if bad else f"none of {requests:,}"


def times(ratio: float) -> str:
    """Return a ratio: `5.3`, `0.27`, and from 10 on whole."""
    if ratio >= 9.95:
        return f"{ratio:,.0f}"
    return f"{ratio:.1f}" if ratio >= 0.95 else f"{ratio:.2f}"


def at_least(ratio: float) -> str:
    """Return a ratio as `times` does, rounded down."""
    scale = _scale(ratio)
    return times(floor(ratio * scale) / scale)


def at_most(ratio: float) -> str:
    """Return a ratio as `times` does, rounded up."""
    scale = _scale(ratio)
    return times(ceil(ratio * scale) / scale)


def odds(log_evidence: float) -> str:
    """Return evidence as `1,840 to 1`."""
    if log_evidence > 13.8:  # ln 1,000,000 is 13.82
        return f"over {_BEYOND_DOUBT:,} to 1"
    return f"{exp(log_evidence):,.0f} to 1" if log_evidence > 0.0 else "less than 1 to 1"


def about(count: int) -> str:
    """Return a count with two digits that count: `7,800`."""
    return f"{round(count, 2 - len(str(count))):,}" if count >= 100 else str(count)


def milliseconds(microseconds: int) -> str:
    """Return a latency as `120 ms`, with three digits."""
    value = microseconds / 1000
    return f"{value:,.0f} ms" if value >= 100 else f"{value:.3g} ms"


def value_range(edges: Sequence[float], place: int) -> str:
    """Return which values fall into a bin: `up to 3`, `12 to 30`, `above 90`, or just `3`."""
    if place > len(edges) or not edges:
        return f"bin {place + 1}"
    if place == len(edges):
        return f"above {edges[-1]:.4g}"
    if len(edges) > 1 and edges[0] == nextafter(edges[1], -inf):  # see `gateway.rollout.bins`
        return f"{edges[place]:.4g}" if place else f"below {edges[1]:.4g}"
    return f"{edges[place - 1]:.4g} to {edges[place]:.4g}" if place else f"up to {edges[0]:.4g}"


def listed(parts: Sequence[str]) -> str:
    """Return `a, b and c`."""
    return " and ".join([part for part in (", ".join(parts[:-1]), parts[-1]) if part])


def _scale(ratio: float) -> int:
    return 1 if ratio >= 9.95 else 10 if ratio >= 0.95 else 100
