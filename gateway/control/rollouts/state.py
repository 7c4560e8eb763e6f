"""Where each route's rollout stands and what the judge says of it, as plain JSON values.

Where it stands is part of the plan; the verdict is what the control process wrote last, and says nothing
any more once that is some seconds old.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from gateway.control.readings import iso_time
from gateway.control.rollouts.words import next_in_words
from gateway.routing.places import Places
from gateway.routing.plan import Route, percent
from gateway.routing.rollout_document import rollout_document
from gateway.routing.rollouts import Progress, Rollout, Step

FRESH = 5.0
"""Seconds after which a verdict that was not made anew counts as nobody's."""
FIRST_WITHIN = 10.0
"""Seconds from the start of the gateway in which the judge may say its first word, before it is missed."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What the control process wrote last: when (seconds since 1970, None: never), and of each route.

    `started`: when the gateway did, where nothing has been written since and that is known. `revision` is
    that of the plan it looked at, None where it did not say.
    """

    at: float | None = None
    routes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    started: float | None = None
    revision: int | None = None

    def age(self, now: float) -> float | None:
        """Return how old it is in seconds; a clock that was put back makes it look old too."""
        return None if self.at is None else abs(now - self.at)

    def is_judged(self, route: Route, now: float) -> bool:
        """Tell whether a route's rollout is under way and somebody judges it at this moment, or is about to.

        Those who have only just been started have not looked yet, nor has anybody at what began since.
        """
        progress = route.progress
        if progress is None or not progress.is_active:
            return False
        if self.started is not None:
            return 0 <= now - self.started <= FIRST_WITHIN
        age = self.age(now)
        is_new = self.revision is not None and progress.id > self.revision
        return age is not None and age <= FRESH and (route.name in self.routes or is_new)


def read_judged(places: Places) -> Judged:
    """Return the latest verdicts."""
    try:
        text = (places.run / "rollouts.json").read_bytes()
    except FileNotFoundError:
        return Judged(started=_started(places))
    found = json.loads(text, parse_constant=lambda _: None)  # what is infinite is not known
    return Judged(found["at"], found["routes"], revision=found.get("revision"))


def _started(places: Places) -> float | None:
    """Return when the supervisor started, in seconds since 1970."""
    try:
        found = json.loads(places.processes.read_bytes()).get("started")
    except FileNotFoundError:
        return None
    return None if found is None else float(found)


def rollout_state(route: Route, judged: Judged, now: float) -> dict[str, Any]:
    """Return a route's rollout, or its last one; `progress` is None where there has been none.

    `now` is in seconds since 1970.
    """
    progress = route.progress
    is_active = progress is not None and progress.is_active
    found = judged.routes.get(route.name, {}) if is_active else {}
    if progress and (found.get("rollout"), found.get("step")) not in (
        (None, None),
        (progress.id, progress.step),
    ):
        found = {}  # it is of the step before, or of another rollout
    judge = route.rules.judge
    return {
        "progress": None if progress is None else progress_state(progress),
        "next": next_in_words(route),
        "judged": judged.is_judged(route, now),
        "judged_at": iso_time(judged.at) if found and judged.at is not None else None,
        "verdict": found.get("verdict"),
        "situation": found.get("situation"),
        "step_requests": found.get("step_requests", 0),
        "rate": found.get("rate", 0.0),
        "counts": "requests" if route.sticky is None else "users",
        "min_requests": judge.min_requests,
        "max_wait": judge.max_wait,
        "then": judge.then,
    }


def spec_state(rollout: Rollout) -> dict[str, Any]:
    """Return what routing.yaml says of a route's rollouts, its weights in percent."""
    found = {**rollout_document(rollout), "steps": steps_state(rollout.steps)}
    for asked in (*found["hooks"], *found["judge"]["metrics"]):
        asked["url"] = asked["url"].partition("?")[0]  # what follows may be a secret
    return found


def steps_state(steps: Sequence[Step]) -> list[dict[str, Any]]:
    """Return steps with their weights in percent."""
    return [{**asdict(step), "weight": percent(step.weight)} for step in steps]


def progress_state(progress: Progress) -> dict[str, Any]:
    """Return where a rollout stands; steps count from 1, weights are in percent, times in UTC."""
    return {
        "id": progress.id,
        "canary": progress.canary,
        "stable": progress.stable,
        "state": progress.state,
        "step": progress.step + 1,
        "steps": steps_state(progress.steps),
        "why": progress.why,
        "held_by": progress.held_by,
        "accepted": list(progress.accepted),
        "thresholds_ms": [threshold / 1000 for threshold in progress.thresholds],
        "previous": progress.previous,
        "warm_until": iso_time(progress.warm_until) if progress.warm_until else None,
    }
