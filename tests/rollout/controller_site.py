"""What the tests of the controller share: scripted evidence and judges, and a gateway's files."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway.rollout import moves, record
from gateway.rollout.controller import Controller
from gateway.rollout.decision import Gate
from gateway.rollout.evidence import Counts, Evidence, Span
from gateway.rollout.ports import Decided, Ports
from gateway.rollout.verdict import MetricVerdict, Outcome, Verdict
from gateway.routing import journal
from gateway.routing.change import Request, commit
from gateway.routing.judges import Judge, LabelsJudge, Metric
from gateway.routing.places import Places
from gateway.routing.plan import Route, RoutingPlan
from gateway.routing.rollouts import Notify, Progress, Rollout, Step
from tests.routing.change_site import Site

ROUTING = """\
# Two routes with a canary each.
services:
  blue:   {url: http://127.0.0.1:9001}  # the old one
  canary: {url: http://127.0.0.1:9003}
routes:
  - name: late
    path: /late
    stable: blue
    weights: {blue: 100, canary: 0}   # keep this remark
  - name: other
    path: /other
    stable: blue
    weights: {blue: 100, canary: 0}
"""
STEPS = (Step(5_000), Step(25_000), Step(50_000), Step(100_000))


def said(outcome: Outcome, name: str = "errors") -> Verdict:
    """Return a verdict with one metric."""
    sentence = f"{name} says {outcome}: 3 of 100 against 2 of 900"
    return Verdict(outcome, sentence, (MetricVerdict(name, outcome, sentence),))


def shown(rollout: int, step: int, canary: int = 50, stable: int = 950, share: float = 0.05) -> Evidence:
    """Return evidence with one span in each step so far."""
    counts = Counts(canary, (0,)), Counts(stable, (0,))
    return Evidence(rollout, tuple(Span(n + 1, 1, n, 1, share, *counts) for n in range(step + 1)))


@dataclass
class Workers:
    """A reader whose evidence, silence and failure are set from outside."""

    canary: int = 50
    stable: int = 950
    silence: float = 0.0
    error: Exception | None = None
    problem: str = ""
    before: list[Evidence | None] = field(default_factory=list)
    closed: list[int] = field(default_factory=list)

    def open(self, places: Places, rollout: int, before: Evidence | None) -> ReaderOfOne:
        """Stand in for the class of real readers."""
        self.before.append(before)
        return ReaderOfOne(self, rollout)


@dataclass
class ReaderOfOne:
    """One rollout's reader."""

    workers: Workers
    rollout: int

    @property
    def problem(self) -> str:
        """Return the problem that was set."""
        return self.workers.problem

    def evidence(self, route: Route, now: float) -> Evidence:
        """Return what the workers are said to have counted, or fail."""
        if self.workers.error is not None:
            raise self.workers.error
        assert route.progress is not None
        return shown(self.rollout, route.progress.step, self.workers.canary, self.workers.stable)

    is_full = False

    def silent(self, now: float) -> float:
        """Return the silence that was set."""
        return self.workers.silence

    def close(self) -> None:
        """Remember that it was closed."""
        self.workers.closed.append(self.rollout)


@dataclass
class Scripted:
    """A judge whose verdict is set from outside, for all routes or by canary's step."""

    outcome: Outcome = "inconclusive"
    by_rollout: dict[int, Outcome] = field(default_factory=dict)
    error: Exception | None = None
    external: tuple[MetricVerdict, ...] = ()
    said_at: float = 0.0

    def __call__(
        self, spec: Judge, progress: Progress, evidence: Evidence, external: tuple[MetricVerdict, ...]
    ) -> Verdict:
        """Judge as told."""
        if self.error is not None and self.by_rollout.get(progress.id) is None:
            raise self.error
        self.external, self.said_at = external, time.perf_counter()
        return said(self.by_rollout.get(progress.id, self.outcome))


@dataclass
class Elsewhere:
    """Judges elsewhere, hooks, and those who are told."""

    verdicts: tuple[MetricVerdict, ...] = ()
    says: tuple[Gate, str] = ("none", "")
    asked: list[tuple[int, str]] = field(default_factory=list)
    told: list[Mapping[str, Any]] = field(default_factory=list)
    active: list[set[tuple[str, int]]] = field(default_factory=list)

    def latest(
        self, route: str, metrics: tuple[Metric | LabelsJudge, ...], progress: Progress, now: float
    ) -> tuple[MetricVerdict, ...]:
        """Return what was set."""
        return self.verdicts

    def gate(
        self, route: str, spec: Rollout, progress: Progress, moment: str, now: float
    ) -> tuple[Gate, str]:
        """Return what was set, and remember the question."""
        self.asked.append((progress.step, moment))
        return self.says

    def tell(self, receivers: tuple[Notify, ...], event: Mapping[str, Any]) -> None:
        """Remember an event."""
        self.told.append(event)

    def forget(self, active: set[tuple[str, int]]) -> None:
        """Remember who is kept."""
        self.active.append(active)


@dataclass
class Stage:
    """A gateway's files with a controller whose every input is set by hand, its clock included."""

    site: Site
    workers: Workers = field(default_factory=Workers)
    judge: Scripted = field(default_factory=Scripted)
    elsewhere: Elsewhere = field(default_factory=Elsewhere)
    woken: int = 0
    now: float = 1000.0
    wall: float = 1.6e9

    def __post_init__(self) -> None:
        self.controller = self.fresh()

    @classmethod
    def made(cls, folder: Path, text: str = ROUTING) -> Stage:
        """Return one at revision 1."""
        return cls(Site.made(folder, text))

    def ports(self) -> Ports:
        """Return everything a controller works with."""
        return Ports(
            reader=self.workers.open,
            judge=self.judge,
            store=record,
            providers=self.elsewhere,
            hooks=self.elsewhere,
            notifier=self.elsewhere,
            wake=self._wake,
        )

    def fresh(self) -> Controller:
        """Return another controller, as of another process."""
        return Controller(self.site.places, self.ports())

    def restart(self) -> None:
        """Have another process take over; nothing of the one before is left but files."""
        self.controller = self.fresh()

    def _wake(self) -> None:
        self.woken += 1

    def tick(self, seconds: float = 1.0, times: int = 1) -> None:
        """Let time pass and tick."""
        for _ in range(times):
            self.now += seconds
            self.wall += seconds
            self.controller.tick(self.now, self.wall)

    def start(self, route: str = "late", steps: tuple[Step, ...] = STEPS) -> int:
        """Start a rollout and return its id."""
        plan = self.change("rollout", lambda plan: moves.start(plan, _of(plan, route), "canary", steps=steps))
        return plan.revision

    def change(self, action: str, how: Any) -> RoutingPlan:
        """Change the plan as a person."""
        plan, _ = commit(self.site.places, Request(action, "me"), how)
        return plan

    def move(self, action: str, how: Any, *rest: Any, route: str = "late") -> RoutingPlan:
        """Move a route's rollout as a person."""
        return self.change(action, lambda plan: how(plan, _of(plan, route), *rest))

    def progress(self, route: str = "late") -> Progress:
        """Return where the live plan says a rollout stands; the weights agree with it."""
        found = _of(self.site.live(), route)
        assert found.progress is not None
        assert_agrees(found)
        return found.progress

    def decided(self) -> list[Decided]:
        """Return what was recorded."""
        with journal.opened(self.site.places.journal) as connection:
            return list(record.decided(connection))

    def kept(self, rollout: int) -> tuple[Evidence, float]:
        """Return what is kept of a rollout."""
        with journal.opened(self.site.places.journal) as connection:
            found = record.load_evidence(connection, rollout)
        assert found is not None
        return found


def _of(plan: RoutingPlan, route: str) -> Route:
    found = plan.route(route)
    assert found is not None
    return found


def assert_agrees(route: Route) -> None:
    """The weights are those of the place where the rollout stands."""
    progress = route.progress
    if progress is None:
        return
    weight = dict(route.weights)
    if progress.is_active:
        assert weight[progress.canary] == progress.steps[progress.step].weight
        assert route.stable == progress.stable
    elif progress.state == "healthy":
        assert (route.stable, weight[progress.canary]) == (progress.canary, 100_000)
    else:
        assert (route.stable, weight[progress.canary]) == (progress.stable, 0)
