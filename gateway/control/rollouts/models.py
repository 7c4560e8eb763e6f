"""The shapes of what the admin API tells of rollouts."""

from __future__ import annotations

from typing import Any, Literal

from gateway.control.models import Answer, RouteWeights

Outcome = Literal["pass", "fail", "hold", "inconclusive"]


class StepState(Answer):
    """One step: the canary's weight in percent, until a verdict, a time or a person ends it."""

    weight: float
    until: Literal["verdict", "time", "person"]
    seconds: float


class ProgressState(Answer):
    """Where a rollout stands: `id` is the revision that began it, `step` counts from 1, `why` is a sentence.

    `thresholds_ms` are the latencies beyond which answers count as slow, frozen when stable had shown
    enough. `previous` was stable before and can be gone back to until `warm_until`. `held_by` is the metric
    that asked for a person; those in `accepted` were answered.
    """

    id: int
    canary: str
    stable: str
    state: Literal["healthy", "progressing", "paused", "degraded"]
    step: int
    steps: list[StepState]
    why: str
    held_by: str
    accepted: list[str]
    thresholds_ms: list[float]
    previous: str
    warm_until: str | None


class MetricState(Answer):
    """One metric: counts of the whole rollout, relative risk with its interval, evidence and its bars.

    `worse` and `good` are natural logarithms of evidence; at `worse_bar` the version is taken back, at
    `good_bar` it passes the step. `needed`: requests until then as it looks; null: nobody knows.
    """

    name: str
    outcome: Outcome
    sentence: str
    canary_requests: int
    stable_requests: int
    canary_bad: int
    stable_bad: int
    effect: float | None
    low: float | None
    high: float | None
    worse: float | None
    worse_bar: float | None
    good: float | None
    good_bar: float | None
    alpha: float
    needed: int | None


class VerdictState(Answer):
    """All metrics together: the worst of them, and the sentence of the one that decides."""

    outcome: Outcome
    sentence: str
    metrics: list[MetricState]
    alpha: float


class SituationState(Answer):
    """What counts beside the evidence: seconds in this step, seconds without a sign of life of any worker,
    the freeze window it is in, what the hooks say to the next step.

    `is_full`: not all that workers see is counted any more.
    """

    elapsed: float
    silent: float
    frozen: str
    gate: Literal["none", "asked", "open", "held", "failed"]
    gate_why: str
    is_full: bool


class RolloutState(Answer):
    """A route's rollout, or its last one; `progress` is null where there has been none.

    `next`: what ends this step. `judged`: somebody judges at this moment. `verdict` and `situation` are
    those of `judged_at`. `rate`: requests per second of canary and stable together. `counts`: what all these
    numbers count; `users` where they are pinned to a version, since each counts once in a step.
    """

    progress: ProgressState | None
    next: str
    judged: bool
    judged_at: str | None
    verdict: VerdictState | None
    situation: SituationState | None
    step_requests: int
    rate: float
    counts: Literal["users", "requests"]
    min_requests: int
    max_wait: float
    then: Literal["pause", "abort", "promote"]


class RouteRollout(RolloutState, RouteWeights):
    """A route's rollout and its division, as of a revision; `spec` is what routing.yaml says of rollouts."""

    revision: int
    spec: dict[str, Any]
