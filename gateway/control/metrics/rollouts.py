"""The part of /metrics that is about rollouts: where each stands, and the evidence for and against it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, get_args

from prometheus_client.core import GaugeMetricFamily, Metric

from gateway.control.rollouts.state import Judged
from gateway.routing.plan import RoutingPlan
from gateway.routing.rollouts import State


def rollout_families(plan: RoutingPlan, judged: Judged, now: float) -> Iterator[Metric]:
    """Yield every family; `now` is in seconds since 1970. What nobody judges at that time has no evidence."""
    yield from progress_families(plan, judged, now)
    evidence = GaugeMetricFamily(
        "gateway_rollout_evidence",
        "Logarithm of the evidence as a part of the bar it has to reach: 1 is a verdict.",
        labels=["route", "metric", "direction"],
    )
    effect = GaugeMetricFamily(
        "gateway_rollout_effect",
        "How many times as often as stable the canary has a bad event.",
        labels=["route", "metric"],
    )
    for route in plan.routes:
        if judged.is_judged(route, now):
            for metric in metrics_of(judged.routes.get(route.name, {})):
                for direction in ("worse", "good"):
                    if metric[f"{direction}_bar"]:
                        part = (metric[direction] or 0.0) / metric[f"{direction}_bar"]
                        evidence.add_metric([route.name, metric["name"], direction], part)
                if metric["effect"] is not None:
                    effect.add_metric([route.name, metric["name"]], metric["effect"])
    yield from (evidence, effect)


def progress_families(plan: RoutingPlan, judged: Judged, now: float) -> Iterator[Metric]:
    """Yield where each rollout stands; a route has every state, so that no series comes and goes."""
    states = GaugeMetricFamily(
        "gateway_rollout_state", "1 for the state the route's rollout is in.", labels=["route", "state"]
    )
    steps = GaugeMetricFamily(
        "gateway_rollout_step", "Step in force, from 1; 0 while no rollout is under way.", labels=["route"]
    )
    unjudged = GaugeMetricFamily(
        "gateway_rollout_unjudged", "1 while a rollout is under way that nobody judges.", labels=["route"]
    )
    for route in plan.routes:
        progress = route.progress
        is_active = progress is not None and progress.is_active
        for state in get_args(State):
            states.add_metric(
                [route.name, state], float(state == (progress.state if progress else "healthy"))
            )
        steps.add_metric([route.name], progress.step + 1 if progress is not None and is_active else 0)
        unjudged.add_metric([route.name], float(is_active and not judged.is_judged(route, now)))
    yield from (states, steps, unjudged)


def metrics_of(told: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return what was judged of one route, metric by metric."""
    verdict = told.get("verdict")
    return list(verdict["metrics"]) if verdict else []
