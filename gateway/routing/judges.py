"""What routing.yaml may say about the judge of rollouts: which signals it weighs, and by what measure.

Plain data. Durations are seconds, shares of bad events are fractions (0.005 is 0.5 %).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Waited = Literal["pause", "abort", "promote"]
OnChange = Literal["hold", "abort", "ignore"]


@dataclass(frozen=True, slots=True)
class ErrorsJudge:
    """Answers that failed. Worse: more often than at stable. Passed: less than `margin` times as often as at
    stable, or less often than `acceptable_rate` (0: never enough)."""

    margin: float = 1.5
    acceptable_rate: float = 0.005


@dataclass(frozen=True, slots=True)
class LatencyJudge:
    """Answers slower than stable's quantiles were before the rollout; `margin` as with errors, of what stable
    has beyond them now, or had then. No answer that takes less than `ignore_below` counts as slow."""

    quantiles: tuple[float, ...] = (0.5, 0.95, 0.99)
    margin: float = 1.5
    ignore_below: float = 0.005


@dataclass(frozen=True, slots=True)
class OutputsJudge:
    """Whether predictions are distributed as stable's are; `output` names one, empty: the first."""

    on_change: OnChange = "hold"
    output: str = ""


@dataclass(frozen=True, slots=True)
class Metric:
    """A judge elsewhere, asked `every` so many seconds.

    `prometheus`: `query` yields one number, and `passes` / `fails` are comparisons with it such as `< 0.01`.
    `http`: the answer is JSON `{"verdict": "pass" | "fail" | "inconclusive", "why": "..."}`.
    """

    name: str
    provider: Literal["prometheus", "http"]
    url: str
    query: str = ""
    passes: str = ""
    fails: str = ""
    every: float = 30.0
    timeout: float = 5.0


@dataclass(frozen=True, slots=True)
class LabelsJudge:
    """Predictions that turned out wrong, as the request log tells once their truth is known.

    Worse and passed as with errors, once a step has `min_labels` of them. A number is wrong that is off by
    more than `tolerance`. The log is asked `every` so many seconds.
    """

    margin: float = 1.5
    tolerance: float = 0.0
    min_labels: int = 200
    every: float = 30.0

    @property
    def name(self) -> str:
        """What verdicts call it."""
        return "labels"

    @property
    def timeout(self) -> float:
        """Seconds that the log may take to answer."""
        return 30.0


@dataclass(frozen=True, slots=True)
class Judge:
    """When a version is worse, when it is good enough, and how long to wait for either.

    `alpha` bounds the chance of rolling back a version that is no worse. `min_requests` are those of the
    route in one step, both versions together; after `max_wait` in one step without a verdict, `then`.
    """

    alpha: float = 0.05
    errors: ErrorsJudge | None = field(default_factory=ErrorsJudge)
    latency: LatencyJudge | None = field(default_factory=LatencyJudge)
    outputs: OutputsJudge | None = field(default_factory=OutputsJudge)
    metrics: tuple[Metric, ...] = ()
    min_requests: int = 500
    max_wait: float = 6 * 3600.0
    then: Waited = "pause"
    labels: LabelsJudge | None = None

    @property
    def asked(self) -> tuple[Metric | LabelsJudge, ...]:
        """Those that are asked beside what workers count."""
        return (*((self.labels,) if self.labels else ()), *self.metrics)
