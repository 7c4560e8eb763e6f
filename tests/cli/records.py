"""Verdicts and decisions in a journal, as the controller records them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from gateway.rollout.decide import Situation, decide
from gateway.rollout.evidence import Counts, Evidence, Span
from gateway.rollout.judge import judge
from gateway.rollout.moves import start
from gateway.rollout.ports import Decided
from gateway.rollout.record import append_decided
from gateway.routing import journal
from gateway.routing.parse import parse
from tests.cli.site import ROUTING

PLAN = parse(ROUTING, model_exists=lambda _: None)


def decided(rollout: int = 2, bad: int = 0) -> Decided:
    """What the controller makes of a canary with so many errors of 500 requests; stable has had 5 of 9500."""
    route = start(PLAN, PLAN.routes[0], "canary").routes[0]
    assert route.progress is not None
    progress = replace(route.progress, id=rollout)
    canary, stable = Counts(500, (bad, 0, 0, 0)), Counts(9500, (5, 0, 0, 0))
    evidence = Evidence(rollout, (Span(1, 0, 0, rollout, 0.05, canary, stable),))
    spec, situation = route.rollout, Situation(elapsed=60.0)
    verdict = judge(spec.judge, progress, evidence)
    decision = decide(progress, spec, verdict, situation, evidence)
    return Decided(
        1.5e9, rollout, "late", 3, spec.judge, progress, spec, evidence, (), situation, verdict, decision
    )


def write(path: Path, *records: Decided) -> None:
    """Write records to a journal."""
    with journal.opened(path) as connection:
        for record in records:
            append_decided(connection, record)
