"""Rollouts as `status` tells of them, made up for drawing."""

from __future__ import annotations

from typing import Any

STEPS = (1.0, 5.0, 25.0, 100.0)


def step(weight: float, until: str = "verdict", seconds: float = 0.0) -> dict[str, Any]:
    """One step."""
    return {"weight": weight, "until": until, "seconds": seconds}


def progress(**given: Any) -> dict[str, Any]:
    """Where a rollout stands: in its second step of four, unless said otherwise."""
    usual = {
        "canary": "canary",
        "stable": "blue",
        "state": "progressing",
        "step": 2,
        "steps": [step(weight) for weight in STEPS],
        "why": "errors: 3 of 900 [/x]",
        "held_by": "",
        "previous": "",
        "warm_until": None,
    }
    return {**usual, **given}


def metric(name: str = "errors", **given: Any) -> dict[str, Any]:
    """One metric, half way to being good enough."""
    usual = {
        "name": name,
        "outcome": "inconclusive",
        "sentence": f"{name}: not known yet",
        "canary_requests": 1312,
        "stable_requests": 40_075,
        "canary_bad": 6,
        "stable_bad": 180,
        "effect": 1.04,
        "low": 0.42,
        "high": 2.31,
        "worse": 0.4,
        "worse_bar": 3.0,
        "good": 1.5,
        "good_bar": 3.0,
        "needed": 2400,
    }
    return {**usual, **given}


def rollout(*metrics: dict[str, Any], **given: Any) -> dict[str, Any]:
    """A rollout that is judged at this moment; keys of its progress and of itself may be given."""
    of_progress = {key: given.pop(key) for key in list(given) if key in progress()}
    situation = {"elapsed": 203.0, "silent": 0.2, "frozen": "", "gate": "none", "gate_why": ""}
    usual = {
        "progress": progress(**of_progress),
        "next": "it gets 25 % once it is shown no more than 3 times as bad as blue",
        "judged": True,
        "judged_at": "2026-06-01T12:00:00.000Z",
        "verdict": {"outcome": "inconclusive", "sentence": "it is early", "metrics": list(metrics)},
        "situation": {**situation, **given.pop("situation", {})},
        "step_requests": 5387,
        "rate": 12.0,
        "counts": "requests",
        "min_requests": 500,
        "max_wait": 21_600.0,
        "then": "pause",
    }
    return {**usual, **given}


def none() -> dict[str, Any]:
    """What is told of a route that has had no rollout."""
    return {**rollout(), "progress": None, "judged": False, "judged_at": None, "verdict": None}
