"""The metrics of a rollout as a person looks at them: words, and places to draw intervals at. Pure.

The quantiles of latency share a card: they are one question asked at several thresholds.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from gateway.control.pages import metric_words as words
from gateway.control.rollouts.standing import more
from gateway.rollout.wording import brief_rate, listed, milliseconds

State = Mapping[str, Any]
SPAN: Final = 10.0
"""How many times as bad, and as good, is still drawn; what lies beyond stands at the edge."""
LATENCY: Final = "latency "
SEVEREST_FIRST: Final = ("fail", "hold", "inconclusive", "pass")


def cards(state: State) -> list[dict[str, Any]]:
    """Return each metric with its tests; all quantiles of latency are one card."""
    metrics = state["verdict"]["metrics"] if state["verdict"] else []
    found: dict[str, list[State]] = {}
    for metric in metrics:
        found.setdefault("latency" if metric["name"].startswith(LATENCY) else metric["name"], []).append(
            metric
        )
    return [_card(name, members, state) for name, members in found.items()]


def _card(name: str, members: Sequence[State], state: State) -> dict[str, Any]:
    severest = min(members, key=lambda metric: SEVEREST_FIRST.index(metric["outcome"]))
    kind, outcome = words.outcome(severest)
    tests = list(_latencies(members, state)) if name == "latency" else [one_test(members[0], state)]
    return {"name": name, "kind": kind, "outcome": outcome, "tests": tests, "note": _note(name, state)}


def _latencies(members: Sequence[State], state: State) -> Iterator[dict[str, Any]]:
    """Yield a test for each threshold: where quantiles have the same one, they are the same test."""
    known = state["progress"]["thresholds_ms"]
    limits = known if len(known) == len(members) else [None] * len(members)
    groups: dict[object, list[State]] = {}
    for place, (metric, limit) in enumerate(zip(members, limits, strict=True)):
        groups.setdefault(place if limit is None else f"{limit} ms", []).append(metric)
    for same in groups.values():
        limit = limits[members.index(same[0])]
        name = listed([metric["name"].removeprefix(LATENCY) for metric in same])
        title = name if limit is None else f"{name}: slower than {milliseconds(round(limit * 1000))}"
        yield {**one_test(same[0], state), "title": title}


def _note(name: str, state: State) -> str:
    if name == "outputs":
        outputs = state["spec"]["judge"]["outputs"] or {}
        which = f"Output {outputs['output']}" if outputs.get("output") else "The first output"
        each = "of each user the first prediction, and " if state["counts"] == "users" else ""
        return (
            f"{which} is compared: {each}only of a sample of the answers, so these are fewer than elsewhere."
        )
    judged = state["spec"]["judge"]["latency"] if name == "latency" else None
    limits = state["progress"]["thresholds_ms"]
    if not judged or 1000 * judged["ignore_below"] not in limits:
        return ""
    ignored = milliseconds(round(judged["ignore_below"] * 1e6))
    return f"{ignored} is ignore_below in routing.yaml: an answer that is quicker never counts as slow."


def one_test(metric: State, state: State) -> dict[str, Any]:
    """Return one test: its words, its evidence on either side, its interval as places."""
    canary, stable = state["progress"]["canary"], state["progress"]["stable"]
    kind, outcome = words.outcome(metric)
    missing = metric["needed"] if metric["outcome"] == "inconclusive" else None
    is_compared = bool(metric["good_bar"] and (metric["canary_requests"] or metric["stable_requests"]))
    is_told = not is_compared or metric["outcome"] == "fail" or words.is_too_early(metric)
    return {
        "key": metric["name"],
        "title": "",
        "kind": kind,
        "outcome": outcome,
        "sentence": metric["sentence"] if is_told else "",
        "arms": [_arm(metric, arm, state) for arm in ("canary", "stable")] if is_compared else [],
        "effect": words.effect(metric, canary, stable) if is_compared else "",
        "interval": interval(metric) if is_compared else None,
        "sides": list(_sides(metric, state)),
        "needed": f"Still needed: {more(missing, state)}, as it looks." if missing else "",
    }


def _arm(metric: State, arm: str, state: State) -> dict[str, str]:
    requests, bad = metric[f"{arm}_requests"], metric[f"{arm}_bad"]
    said = f"{brief_rate(bad, requests)} {state['counts']}"
    if bad:
        said = f"{brief_rate(bad, requests).removesuffix(')')} {state['counts']})"
    return {"name": state["progress"][arm], "does": words.does(metric["name"]), "said": said}


def _sides(metric: State, state: State) -> Iterator[dict[str, Any]]:
    """Yield the evidence towards either threshold there is: what happens there, how far it has come."""
    outputs = state["spec"]["judge"]["outputs"] or {}
    worse, good = words.thresholds(metric, outputs.get("on_change", ""))
    is_outputs = metric["name"] == "outputs"
    for side, at, name in (
        ("worse", worse, "otherwise" if is_outputs else "worse"),
        ("good", good, "good enough"),
    ):
        if at:
            percent = towards(metric[side], metric[f"{side}_bar"])
            yield {
                "side": side,
                "name": name,
                "at": at,
                "percent": percent,
                "said": words.evidence(metric, side),
            }


def interval(metric: State) -> dict[str, float] | None:
    """Return where an interval and its middle are drawn, from 0 to 100 on a logarithmic scale around 50."""
    if metric["effect"] is None or words.is_quiet(metric):
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
    """Return how far evidence has come towards its bar, in percent; None where there is no such bar.

    100 only once it is there: what a page rounds up it would claim.
    """
    if not bar:
        return None
    part = min(max((evidence or 0.0) / bar, 0.0), 1.0)
    return 100 if part >= 1 else min(round(100 * part), 99)
