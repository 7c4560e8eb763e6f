"""What a plan is worked out from: the route's own traffic, what the asker says instead, and paths of chance.

`gateway plan` and the API ask in different words and walk different numbers of paths; the rest is here.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import Final

from gateway.errors import ChangeRefused
from gateway.rollout.outlook import Ask, Outlook, Traffic
from gateway.rollout.planner import plan
from gateway.rollout.recent import recent_traffic, stable_part
from gateway.routing.places import Places
from gateway.routing.plan import Route
from gateway.routing.rollouts import Step
from gateway.statistics.walk import draw

SEED: Final = 1
USUAL_STEPS, FEWEST = 6, 40
"""Steps above which fewer paths are walked, lest the answer take longer; but this many at least."""
ASSUMED_ERRORS: Final = 0.01


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: `error_rate` is a fraction; None and no steps: what is known of the route."""

    canary: str
    rate: float | None = None
    error_rate: float | None = None
    steps: tuple[Step, ...] = ()


def ask_of(places: Places | None, route: Route, question: Question, assumed: str) -> Ask | None:
    """Return what is to be planned; None where nothing is known of the route's traffic and no rate is given.

    `places` is None where no gateway runs. `assumed` is the source told where the error rate is. Raises
    ChangeRefused where the canary is stable already.
    """
    if question.canary == route.stable:
        raise ChangeRefused(
            f"{question.canary} is stable on route {route.name} already; name another version"
        )
    traffic = _traffic(places, route, question, assumed)
    if traffic is None:
        return None
    rollout = replace(route.rollout, steps=question.steps) if question.steps else route.rollout
    return Ask(question.canary, route.stable, route.name, rollout, traffic, route.sticky is not None)


def outlook_on(ask: Ask, walked: int) -> Outlook:
    """Return the outlook from so many paths of chance, from fewer where there are many steps."""
    paths = max(FEWEST, walked * USUAL_STEPS // max(USUAL_STEPS, len(ask.steps)))
    return plan(ask, draw(random.Random(SEED).random, paths))  # noqa: S311 - no secret, but repeatable


def _traffic(places: Places | None, route: Route, question: Question, assumed: str) -> Traffic | None:
    """Return what the route gets of late, with what the question says instead."""
    found = recent_traffic(places, route, question.canary) if places else None
    if found is None:
        if question.rate is None:
            return None
        errors, source = question.error_rate or ASSUMED_ERRORS, "as given" if question.error_rate else assumed
        part = stable_part(route, question.canary)
        return Traffic(question.rate, errors, source=source, stable_part=part)
    if question.error_rate is not None:
        found = replace(found, error_rate=question.error_rate, source="errors as given")
    return replace(found, rate=question.rate, seconds=0.0) if question.rate is not None else found
