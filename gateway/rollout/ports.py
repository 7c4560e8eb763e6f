"""What the controller needs of others, as small interfaces: each is real once, and faked in tests."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from gateway.rollout.decision import Decision, Gate, Situation
from gateway.rollout.evidence import Evidence
from gateway.rollout.verdict import MetricVerdict, Verdict
from gateway.routing.judges import Judge, LabelsJudge, Metric
from gateway.routing.places import Places
from gateway.routing.plan import Route
from gateway.routing.rollouts import Notify, Progress, Rollout


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision, or that there was none, with all that it was made from; `at` is seconds since 1970."""

    at: float
    rollout: int
    route: str
    revision: int
    judge: Judge
    progress: Progress
    rollout_spec: Rollout
    evidence: Evidence
    external: tuple[MetricVerdict, ...]
    situation: Situation
    verdict: Verdict
    decision: Decision | None


class Reader(Protocol):
    """What the workers have counted for one rollout."""

    @property
    def problem(self) -> str:
        """What went wrong at the last look, empty where nothing did."""

    @property
    def is_full(self) -> bool:
        """Whether not all that workers see is counted any more."""

    def evidence(self, route: Route, now: float) -> Evidence:
        """Return everything counted so far; `now` in monotonic seconds. May raise OSError or ValueError."""

    def silent(self, now: float) -> float:
        """Return the seconds for which no worker has said anything."""

    def close(self) -> None:
        """Remove what the workers wrote."""


class Store(Protocol):
    """What outlives a control process, in the journal's database."""

    def save_evidence(
        self, connection: sqlite3.Connection, rollout: int, evidence: Evidence, elapsed: float
    ) -> None:
        """Keep a rollout's evidence and the seconds in its step, instead of what was kept before."""

    def load_evidence(self, connection: sqlite3.Connection, rollout: int) -> tuple[Evidence, float] | None:
        """Return what was kept last."""

    def append_decided(self, connection: sqlite3.Connection, decided: Decided) -> None:
        """Add a decision to those made before."""


class Providers(Protocol):
    """Judges elsewhere."""

    def latest(
        self, route: str, metrics: tuple[Metric | LabelsJudge, ...], progress: Progress, now: float
    ) -> tuple[MetricVerdict, ...]:
        """Return what each says by now, without waiting."""

    def forget(self, active: set[tuple[str, int]]) -> None:
        """Forget all rollouts but these pairs of route and rollout."""


class Hooks(Protocol):
    """Webhooks that are asked before a step."""

    def gate(
        self, route: str, spec: Rollout, progress: Progress, moment: str, now: float
    ) -> tuple[Gate, str]:
        """Return what they say by now and why, without waiting."""

    def forget(self, active: set[tuple[str, int]]) -> None:
        """Forget all rollouts but these pairs of route and rollout."""


class Notifier(Protocol):
    """Those who are told what happens."""

    def tell(self, receivers: tuple[Notify, ...], event: Mapping[str, Any]) -> None:
        """Queue an event for them, without waiting."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything the controller works with; `wake` has routing.yaml written after a publish."""

    reader: Callable[[Places, int, Evidence | None], Reader]
    judge: Callable[[Judge, Progress, Evidence, tuple[MetricVerdict, ...]], Verdict]
    store: Store
    providers: Providers
    hooks: Hooks
    notifier: Notifier
    wake: Callable[[], None]
