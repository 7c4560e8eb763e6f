"""One look at one rollout: have it judged, decide, and publish what was decided.

The decision, the evidence it was made from and the revision that carries it out become durable together, so a
process that dies has done all of it or nothing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

from gateway.errors import ChangeRefused
from gateway.rollout import moves
from gateway.rollout.course import Course
from gateway.rollout.decide import decide
from gateway.rollout.decision import Decision, Situation
from gateway.rollout.freeze import freeze_at
from gateway.rollout.ports import Decided, Ports
from gateway.rollout.verdict import MetricVerdict, Verdict
from gateway.routing.change import Request, commit
from gateway.routing.places import Places
from gateway.routing.plan import Route, RoutingPlan
from gateway.routing.rollouts import Progress

AUTHOR = "rollout"
Move = Callable[[RoutingPlan, Route], RoutingPlan]


class Overtaken(ChangeRefused):
    """Somebody else moved the rollout since it was judged; the next look sees where it is now."""


@dataclass(frozen=True, slots=True)
class Considered:
    """What came of one look."""

    route: Route
    progress: Progress
    external: tuple[MetricVerdict, ...]
    verdict: Verdict
    situation: Situation
    decision: Decision | None

    def decided(self, course: Course, revision: int, wall: float) -> Decided:
        """Return it for the record; `wall` in seconds since 1970."""
        return Decided(
            at=wall,
            rollout=self.progress.id,
            route=self.route.name,
            revision=revision,
            judge=self.progress.judge,
            progress=self.progress,
            rollout_spec=self.route.rules,
            evidence=course.evidence,
            external=self.external,
            situation=self.situation,
            verdict=self.verdict,
            decision=self.decision,
        )

    def shown(self, course: Course) -> dict[str, Any]:
        """Return it as plain values for `status`."""
        return {
            "rollout": self.progress.id,
            "step": self.progress.step,
            "verdict": asdict(self.verdict),
            "situation": asdict(self.situation),
            "step_requests": course.step_requests(self.progress.step),
            "rate": course.rate,
        }


def consider(
    ports: Ports, route: Route, progress: Progress, course: Course, now: float, wall: float
) -> Considered:
    """Judge and decide from what the course knows; hooks are asked once their step is over.

    `now` in monotonic seconds, `wall` in seconds since 1970.
    """
    spec = route.rules
    external = ports.providers.latest(route.name, spec.judge.asked, progress, now)
    verdict = ports.judge(spec.judge, progress, course.evidence, external)
    frozen = freeze_at(spec.freeze, wall)
    situation = Situation(course.elapsed, course.silent(now), frozen, is_full=course.reader.is_full)
    found = decide(progress, spec, verdict, situation, course.evidence)
    if found is not None and found.event in ("advance", "complete"):
        moment = "before_step" if found.event == "advance" else "before_promote"
        gate, why = ports.hooks.gate(route.name, spec, progress, moment, now)
        situation = replace(situation, gate=gate, gate_why=why)
        found = decide(progress, spec, verdict, situation, course.evidence)
    return Considered(route, progress, external, verdict, situation, found)


def carry_out(places: Places, ports: Ports, seen: Considered, course: Course, wall: float) -> RoutingPlan:
    """Journal and publish a decision; raises Overtaken where it was made about what is no more."""
    decision = seen.decision
    assert decision is not None
    elapsed = 0.0 if decision.event == "advance" else course.elapsed

    def also(connection: sqlite3.Connection, revision: int) -> None:
        ports.store.save_evidence(connection, seen.progress.id, course.evidence, elapsed)
        ports.store.append_decided(connection, seen.decided(course, revision, wall))

    request = Request(decision.event, AUTHOR, decision.why)
    return move(places, request, seen.route.name, seen.progress, _move(decision, wall), also)


def move(
    places: Places,
    request: Request,
    route: str,
    expected: Progress,
    how: Move,
    also: Callable[[sqlite3.Connection, int], None] | None = None,
) -> RoutingPlan:
    """Move a rollout that still is where it was seen; return the live plan. Raises Overtaken otherwise."""

    def change(head: RoutingPlan) -> RoutingPlan:
        found = head.route(route)
        if found is None or found.progress != expected:
            raise Overtaken(f"the rollout of route {route} was moved by somebody else at this very moment")
        return how(head, found)

    plan, _ = commit(places, request, change, also=also)
    return plan


def _move(decision: Decision, wall: float) -> Move:
    if decision.event == "advance":
        return lambda plan, route: moves.advance(plan, route, decision.why, wall)
    if decision.event == "complete":
        return lambda plan, route: moves.complete(plan, route, decision.why, wall)
    if decision.event == "pause":
        return lambda plan, route: moves.pause(plan, route, decision.why, decision.held_by)
    return lambda plan, route: moves.fail(plan, route, decision.why)
