"""The shapes of a plan: what a rollout would find, in how long, before it starts. Null: not in any time."""

from __future__ import annotations

from typing import Literal

from gateway.control.models import Answer


class PlannedDetection(Answer):
    """A regression that begins with a step: `size` times the errors, or times as slow, and how it is found.

    `chance`: that it is found before the step is over; `requests` and `seconds` until then if the step lasted
    that long. `bad`: failed answers beyond stable's own until then.
    """

    metric: Literal["errors", "latency"]
    size: float
    chance: float
    requests: float | None
    requests_p90: float | None
    seconds: float | None
    seconds_p90: float | None
    bad: float | None


class PlannedStep(Answer):
    """One step for a version that is no worse: `weight` in percent, how long it takes (median and p90).

    `slowest` is what it waits for longest, `in_time` the chance of a verdict before `max_wait`; `finds` and
    `finds_latency` are the least regressions that are likely found.
    """

    share: float
    weight: float
    until: Literal["verdict", "time", "person"]
    rate: float
    requests: float | None
    requests_p90: float | None
    seconds: float | None
    seconds_p90: float | None
    slowest: str
    in_time: float
    detections: list[PlannedDetection]
    finds: float | None
    finds_latency: float | None
    reachable: float | None


class PlannedExposure(Answer):
    """A regression of the errors that is there from the start, and what becomes of it."""

    size: float
    found: float
    promoted: float
    step: int
    requests: float | None
    seconds: float | None
    bad: float | None


class BetterSteps(Answer):
    """Another schedule, its shares in percent; `finds` is the least regression of the errors that is likely
    found, `why` says in words what it gains.
    """

    steps: list[float]
    seconds: float | None
    bad: float | None
    finds: float | None
    why: str


class PlannedRollout(Answer):
    """A whole plan; `rate` and `error_rate` (a fraction) are what was assumed, `source` says where from.
    `rate_seconds`: over how many seconds up to now the rate was seen; 0: it was given.

    `hindrance`: why these steps cannot be started now, as users would move back; empty: they can.
    """

    route: str
    canary: str
    stable: str
    counts: Literal["users", "requests"]
    rate: float
    rate_seconds: float
    error_rate: float
    source: str
    steps: list[PlannedStep]
    seconds: float | None
    seconds_p90: float | None
    exposures: list[PlannedExposure]
    worst: PlannedExposure | None
    better: BetterSteps | None
    warnings: list[str]
    notes: list[str]
    hindrance: str
