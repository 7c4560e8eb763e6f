"""One metric of a rollout as a person looks at it: words, and places to draw its interval at. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from gateway.control.rollouts.words import duration

State = Mapping[str, Any]
SPAN: Final = 10.0
"""How many times as bad, and as good, is still drawn; what lies beyond stands at the edge."""
OUTCOMES: Final = {
    "pass": ("good", "good enough for this step"),
    "fail": ("bad", "worse: it is taken back"),
    "hold": ("warn", "asks for a person"),
    "inconclusive": ("", "not known yet"),
}


def more_requests(count: int, rate: float) -> str:
    """Say how many requests more, and how long they take at this rate (per second)."""
    time = f" ({duration(count / rate)} at this rate)" if rate > 0 else ""
    return f"{count:,} more requests{time}"


def metric_view(metric: State, state: State) -> dict[str, Any]:
    """Return one metric: its words, how far towards either verdict in percent, its interval as places."""
    kind, word = OUTCOMES[metric["outcome"]]
    missing = metric["needed"] if metric["outcome"] == "inconclusive" else None
    return {
        "name": metric["name"],
        "kind": kind,
        "outcome": word,
        "sentence": metric["sentence"],
        "is_counted": bool(metric["canary_requests"] or metric["stable_requests"]),
        "arms": [_arm(state, metric, arm) for arm in ("canary", "stable")],
        "effect": effect_in_words(metric),
        "interval": interval(metric),
        "worse": towards(metric["worse"], metric["worse_bar"]),
        "good": towards(metric["good"], metric["good_bar"]),
        "needed": "" if missing is None else more_requests(missing, state["rate"]),
    }


def _arm(state: State, metric: State, arm: str) -> dict[str, Any]:
    requests, bad = metric[f"{arm}_requests"], metric[f"{arm}_bad"]
    is_counted = requests and metric["good_bar"]
    part = f"{bad:,} bad ({100 * bad / requests:.3g} %)" if is_counted else ""
    return {"name": state["progress"][arm], "requests": f"{requests:,}", "bad": part}


def effect_in_words(metric: State) -> str:
    """Say how many times as bad the canary is, with the interval that holds however often one looks."""
    if _is_quiet(metric):
        return "neither has had anything bad yet"
    if metric["effect"] is None:
        return "no comparison yet"
    low, high = metric["low"], metric["high"]
    if low is None and high is None:
        return f"{metric['effect']:.3g} times as bad, anything is still possible"
    between = f"at least {low:.3g}" if high is None else f"at most {high:.3g}"
    if low is not None and high is not None:
        between = f"between {low:.3g} and {high:.3g}"
    return f"{metric['effect']:.3g} times as bad as stable, surely {between}"


def _is_quiet(metric: State) -> bool:
    """Tell whether nothing bad was counted at all, so that an effect is but the test's own starting point."""
    return bool(metric["good_bar"]) and not metric["canary_bad"] and not metric["stable_bad"]


def interval(metric: State) -> dict[str, float] | None:
    """Return where an interval and its middle are drawn, from 0 to 100 on a logarithmic scale around 50."""
    if metric["effect"] is None or _is_quiet(metric):
        return None
    low = 0.0 if metric["low"] is None else place(metric["low"])
    high = 100.0 if metric["high"] is None else place(metric["high"])
    return {"low": low, "at": place(metric["effect"]), "width": max(high - low, 0.5)}


def place(times: float) -> float:
    """Return where so many times as bad is drawn; 50 is as bad as stable."""
    if times <= 0:
        return 0.0
    return round(min(max(50 + 50 * math.log(times) / math.log(SPAN), 0.0), 100.0), 2)


def towards(evidence: float | None, bar: float | None) -> int | None:
    """Return how far evidence has come towards its bar, in percent; None where there is no such bar."""
    if not bar:
        return None
    return round(100 * min(max((evidence or 0.0) / bar, 0.0), 1.0))
