"""What a judge says: per metric and in all, each time with its numbers and one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Outcome = Literal["pass", "fail", "hold", "inconclusive"]
"""`pass`: good enough for the next step; `fail`: worse, take it back; `hold`: a person has to look."""


@dataclass(frozen=True, slots=True)
class MetricVerdict:
    """One metric: `errors`, `latency p95`, `outputs`, or the name of a judge elsewhere.

    The counts are those of the whole rollout. `effect` is the canary's relative risk of a bad event with its
    always-valid interval from `low` to `high` (None: nothing known). `worse` is the natural logarithm of the
    evidence against "no worse", and fails the version at `worse_bar`; `good` that against "too bad for the
    next step", which passes it at `good_bar`. `alpha` is this metric's part. `needed` estimates the requests
    of the route until it passes if it goes on as it looks (None: unknown).
    """

    name: str
    outcome: Outcome
    sentence: str
    canary_requests: int = 0
    stable_requests: int = 0
    canary_bad: int = 0
    stable_bad: int = 0
    effect: float | None = None
    low: float | None = None
    high: float | None = None
    worse: float = 0.0
    worse_bar: float = 0.0
    good: float = 0.0
    good_bar: float = 0.0
    alpha: float = 0.0
    needed: int | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """All metrics together: the worst of them, and the sentence of the one that decides."""

    outcome: Outcome
    sentence: str
    metrics: tuple[MetricVerdict, ...] = ()
    alpha: float = 0.05
