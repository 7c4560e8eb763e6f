"""What routing.yaml may say about rollouts, and where a rollout stands: plain data.

`Rollout` is what a person wrote. `Progress` is part of the live plan: it is journalled and published in one
piece with the weights, so the two can never disagree, whoever is killed when.

Durations are seconds, instants are seconds since 1970, weights are units (0.001 %).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from gateway.routing.judges import Judge

LEAST_OVERDUE, MOST_OVERDUE = 1.0, 10.0

Until = Literal["verdict", "time", "person"]
State = Literal["healthy", "progressing", "paused", "degraded"]


@dataclass(frozen=True, slots=True)
class Step:
    """One stage: the canary gets `weight` until the judge passes it, `seconds` are over, or a person says so.

    In the file these are a `setWeight` and the `pause` that follows it, if any.
    """

    weight: int
    until: Until = "verdict"
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Freeze:
    """A weekly window in which no canary grows; `text` as a person wrote it.

    `begin` and `end` are minutes after Monday 00:00 in `zone`; an end before the begin is in the next week.
    """

    text: str
    begin: int
    end: int
    zone: str


@dataclass(frozen=True, slots=True)
class Hook:
    """A webhook that may hold a rollout; `at` are "before_step" and "before_promote"."""

    url: str
    at: tuple[str, ...] = ("before_step", "before_promote")
    timeout: float = 10.0


@dataclass(frozen=True, slots=True)
class Rollout:
    """How a route's canaries are rolled out; these defaults hold for a route that says nothing."""

    steps: tuple[Step, ...] = (Step(5_000), Step(25_000), Step(50_000), Step(100_000))
    judge: Judge = field(default_factory=Judge)
    freeze: tuple[Freeze, ...] = ()
    keep_warm: float = 3600.0
    hooks: tuple[Hook, ...] = ()


@dataclass(frozen=True, slots=True)
class Notify:
    """Someone who is told what rollouts do; `target` is a URL, a command line or a path.

    `secret` signs webhooks: a value such as `${HOOK_SECRET}` is read from the environment when it is used,
    and so is a `target`. `on` names the events told, empty: all.
    """

    kind: Literal["webhook", "slack", "command", "file"]
    target: str
    secret: str = ""
    on: tuple[str, ...] = ()
    timeout: float = 10.0


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a route's rollout stands, or how its last one ended.

    `id` is the revision that started it. `step` is the index of the step in force; the weights follow from
    it, never the other way round. `steps` and `judge` are those it began with. `thresholds` are stable's
    latency quantiles in microseconds, frozen (empty: not known yet). `why` is one sentence on how it came to
    be in `state`. `previous` was stable before a promotion and can be gone back to until `warm_until`.
    `held_by` names the metric that asked for a person; those in `accepted` have been answered and ask no
    more.
    """

    id: int
    canary: str
    stable: str
    state: State
    step: int
    steps: tuple[Step, ...]
    why: str
    thresholds: tuple[int, ...] = ()
    previous: str = ""
    warm_until: float = 0.0
    held_by: str = ""
    accepted: tuple[str, ...] = ()
    judge: Judge = field(default_factory=Judge)

    @property
    def overdue(self) -> float:
        """Seconds after which a request whose answer has not begun counts as one that failed.

        Whoever waits for what never comes must not be missing from the evidence: ten times as long as what
        is slow, but a second at least.
        """
        if not self.thresholds:
            return MOST_OVERDUE
        return min(max(LEAST_OVERDUE, 10 * max(self.thresholds) / 1e6), MOST_OVERDUE)

    @property
    def is_active(self) -> bool:
        """Tell whether a rollout is under way: its canary has requests and is judged."""
        return self.state in ("progressing", "paused")
