"""The rate that a plan begins with: one mean for a whole visit, so that its plans can be compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from gateway.control.pages.recent import EVERY
from gateway.control.rollouts.words import duration

LOOKED_AT: Final = 600.0
"""Seconds of the past that the mean is of."""


def mean_traffic(history: Mapping[str, Sequence[float | None]]) -> dict[str, Any]:
    """Return a route's requests per second over the last ten minutes, and in words where that comes from.

    `history` as `History.of` tells it. The rate is None where nothing was seen.
    """
    moments = [moment for moment in history["t"] if moment is not None]
    recent = [place for place, moment in enumerate(moments) if moment > moments[-1] - LOOKED_AT]
    series = [values for name, values in history.items() if name.startswith("rate:")]
    known = [[values[place] for values in series if values[place] is not None] for place in recent]
    rates = [sum(rate for rate in rates if rate) for rates in known if rates]
    if not any(rates):
        return {"rate": None, "source": ""}
    seconds = min(moments[recent[-1]] - moments[recent[0]] + EVERY, LOOKED_AT)
    source = f"the mean rate of the last {duration(seconds)}"
    return {"rate": round(sum(rates) / len(rates), 3), "source": source}
