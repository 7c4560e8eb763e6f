"""A plan made up for drawing, without any statistics."""

from __future__ import annotations

import math

from gateway.rollout.outlook import Ask, Better, Detection, Exposure, Outlook, StepOutlook, Traffic
from gateway.routing.rollouts import Rollout, Step

ASK = Ask(
    "canary",
    "blue",
    "late",
    Rollout((Step(1_000), Step(25_000), Step(100_000))),
    Traffic(50.0, 0.01, (), "480 of 48,000 answers of blue failed (in the last seconds)"),
)


def detection(metric: str, size: float, chance: float, seconds: float) -> Detection:
    """One row, its p90 at twice the time."""
    kind = "errors" if metric == "errors" else "latency"
    bad = 3.21 if kind == "errors" else 0.0
    return Detection(kind, size, chance, seconds * 50, seconds * 100, seconds, seconds * 2, bad)  # type: ignore[arg-type]


def step(weight: int, seconds: float) -> StepOutlook:
    """One step that finds three times the errors, and nothing of 1.1 times the latency."""
    return StepOutlook(
        share=weight / 100_000,
        weight=weight,
        until="verdict",
        rate=50.0,
        requests=seconds * 50,
        requests_p90=seconds * 100,
        seconds=seconds,
        seconds_p90=seconds * 2,
        slowest="errors",
        in_time=1.0,
        detections=(
            detection("errors", 1.25, 0.01, math.inf),
            detection("errors", 2.0, 0.24, 2400.0),
            detection("errors", 3.0, 0.86, 90.0),
            detection("errors", 10.0, 1.0, 20.0),
            detection("errors", 20.0, 1.0, 9.0),
            detection("latency", 1.1, 0.0, 7200.0),
        ),
        finds=3.0,
        finds_latency=None,
        reachable=2.0,
    )


WORST = Exposure(1.25, 0.2, 0.7, 2, 90_000.0, 1800.0, 51.2)
OUTLOOK = Outlook(
    steps=(step(1_000, 100.0), step(25_000, 800.0)),
    seconds=930.0,
    seconds_p90=1900.0,
    exposures=(WORST, Exposure(20.0, 1.0, 0.0, 1, 1300.0, 26.0, 3.2)),
    worst=WORST,
    better=Better((2.0, 50.0), 600.0, 40.0),
    warnings=("step 1 %: too short",),
    notes=("a slower version <is> slower",),
)
