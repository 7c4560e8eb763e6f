"""One metric of a rollout in words that are right when read in a hurry: never more than the numbers. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from gateway.rollout import wording

State = Mapping[str, Any]
OUTCOMES: Final = {
    "pass": ("good", "good enough for the next step"),
    "fail": ("bad", "worse: it is taken back"),
    "hold": ("warn", "asks for a person"),
    "inconclusive": ("", "not known yet"),
}
OUTPUTS: Final = {
    **OUTCOMES,
    "pass": ("good", "no difference found"),
    "fail": ("bad", "differs: it is taken back"),
    "hold": ("warn", "differs: asks for a person"),
}
ACCEPTED: Final = ("warn", "differs; a person has accepted that")
TOO_FEW: Final = ("", "good so far, too few yet")
FEWEST: Final = 20
"""Predictions of each version below which "no difference found" would say more than is known."""
DOES: Final = {"errors": "fails", "labels": "is wrong"}


def does(name: str) -> str:
    """Return what a version does where a metric counts something bad: `fails`, `is slow`."""
    return "is slow" if name.startswith("latency") else DOES.get(name, "is bad")


def outcome(metric: State) -> tuple[str, str]:
    """Return the kind of an outcome (for its colour) and its words."""
    found = metric["outcome"]
    if metric["name"] != "outputs":
        return TOO_FEW if is_too_early(metric) else OUTCOMES[found]
    if found == "pass" and is_reached(metric, "worse"):
        return ACCEPTED
    if found == "pass" and min(metric["canary_requests"], metric["stable_requests"]) < FEWEST:
        return OUTCOMES["inconclusive"]
    return OUTPUTS[found]


def is_reached(metric: State, side: str) -> bool:
    """Tell whether the evidence towards one side (`worse` or `good`) has come to its threshold."""
    bar = metric[f"{side}_bar"]
    return bool(bar) and metric[side] is not None and metric[side] >= bar


def is_too_early(metric: State) -> bool:
    """Tell whether the evidence is enough and only the requests that every step needs are missing."""
    return metric["outcome"] == "inconclusive" and is_reached(metric, "good")


def effect(metric: State, canary: str, stable: str) -> str:
    """Say how many times as often it is bad as stable, with the interval that holds at all times."""
    verb, low, high = does(metric["name"]), metric["low"], metric["high"]
    if is_quiet(metric):
        return f"No answer of either version {verb} so far, so there is nothing to compare."
    least = "" if low is None or low < 0.01 else f"at least {wording.at_least(low)}"
    most = "" if high is None else f"at most {wording.at_most(high)}"
    between = " and ".join(end for end in (least, most) if end)
    if not between:
        return "Too little is known to compare the two."
    if low is not None and low > 1:
        found = f"{canary} {verb} more often than {stable}: {between} times as often"
    elif high is not None and high < 1:
        found = f"{canary} {verb} less often than {stable}: {between} times as often"
    else:
        found = f"No difference is certain: {canary} {verb} {between} times as often as {stable}"
    return f"{found}{_estimate(metric)}."


def _estimate(metric: State) -> str:
    found, low, high = metric["effect"], metric["low"], metric["high"]
    is_inside = found is not None and (low is None or low <= found) and (high is None or found <= high)
    return f", {wording.times(found)} by the counts so far" if is_inside else ""


def is_quiet(metric: State) -> bool:
    """Tell whether nothing bad was counted at all, so that an effect is but the test's own starting point."""
    return bool(metric["good_bar"]) and not metric["canary_bad"] and not metric["stable_bad"]


def evidence(metric: State, side: str) -> str:
    """Return the evidence towards one side beside what is enough: `12 to 1 (40 to 1 is enough)`."""
    bar = wording.odds(metric[f"{side}_bar"])
    found = wording.odds(metric[side] or 0.0)
    if found == bar and not is_reached(metric, side):
        found = f"almost {found}"
    return f"{found} ({bar} is enough)"


def thresholds(metric: State, on_change: str) -> tuple[str, str]:
    """Return what happens at the threshold of either side, worse first; empty where there is none."""
    worse = "is taken back"
    if metric["name"] == "outputs":
        worse = "is taken back" if on_change == "abort" else "a person is asked"
    worse_odds, good_odds = (wording.odds(metric[bar]) for bar in ("worse_bar", "good_bar"))
    return (
        f"{worse} at {worse_odds}" if metric["worse_bar"] else "",
        f"passes this step at {good_odds}" if metric["good_bar"] else "",
    )
