"""The part of the admin API that plans a rollout: the judge's own tests on assumed traffic, nothing changed.

A plan is half a second of arithmetic, so one is made at a time and each caller waits for its turn: the
process that makes them also rolls back.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as Path

from gateway.control.bodies import check_known
from gateway.control.changes import known_route
from gateway.control.planner.assumptions import Question, ask_of, outlook_on
from gateway.control.planner.operations import LEAST_ERRORS, MOST_ERRORS, MOST_RATE, MOST_STEPS, PATH
from gateway.control.problems import Refusal
from gateway.control.readings import live_plan
from gateway.control.replies import reply
from gateway.control.rollouts.start import would_move_back
from gateway.control.rollouts.steering import check_known as check_service
from gateway.control.rollouts.steering import steps_of
from gateway.errors import ChangeRefused
from gateway.rollout.outlook import Ask, Outlook
from gateway.rollout.remarks import better_words
from gateway.routing.places import Places
from gateway.routing.rollouts import Step

WALKED: Final = 160
"""Paths of chance: enough for a slider, fewer than `gateway plan` takes."""
ASSUMED: Final = "rate as given, 1 % of stable's answers assumed to fail"


class PlanApi:
    """The endpoint of plans."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._turn = asyncio.Lock()

    def routes(self) -> list[Path]:
        """Return every path there is."""
        return [Path(PATH, self.plan)]

    async def plan(self, request: Request) -> Response:
        """Answer what a rollout would be like."""
        question = question_of(request.query_params)
        async with self._turn:
            found = await asyncio.to_thread(planned, self._places, request.path_params["name"], question)
        return reply(found)


def planned(places: Places, name: str, question: Question) -> dict[str, Any]:
    """Return the plan of a rollout on a route, as the API tells it."""
    live = live_plan(places)
    route = known_route(live, name)
    check_service(live, question.canary)
    ask = ask_of(places, route, question, ASSUMED)
    if ask is None:
        raise ChangeRefused(
            f"route {route.name} has had no request in the last seconds, so nothing is known of its traffic; "
            "say what to plan for: rate=50&error_rate=1"
        )
    hindrance = would_move_back(route, question.canary, ask.rollout.steps)
    return {**document(ask, outlook_on(ask, WALKED)), "hindrance": hindrance}


def document(ask: Ask, outlook: Outlook) -> dict[str, Any]:
    """Return a plan as plain JSON values; null stands for what never happens."""
    asked = {
        "route": ask.route,
        "canary": ask.canary,
        "stable": ask.stable,
        "counts": "users" if ask.keyed else "requests",
        "rate": ask.traffic.rate,
        "rate_seconds": ask.traffic.seconds,
        "error_rate": ask.traffic.error_rate,
        "source": ask.traffic.source,
    }
    found: dict[str, Any] = _finite({**asked, **asdict(outlook)})
    for step in found["steps"]:
        step["weight"] /= 1000
    if found["better"]:
        found["better"]["why"] = better_words(outlook)
    return found


def question_of(parameters: Mapping[str, str]) -> Question:
    """Return what the query asks; raises Refusal (400) where that cannot be understood."""
    check_known(parameters, ["canary", "rate", "error_rate", "steps"], "query parameter")
    if not parameters.get("canary"):
        raise Refusal(400, "canary is missing: which version is to be rolled out, as in ?canary=canary")
    errors = _number(parameters, "error_rate", LEAST_ERRORS, MOST_ERRORS)
    return Question(
        parameters["canary"],
        _number(parameters, "rate", 0.001, MOST_RATE),
        None if errors is None else errors / 100,
        _steps(parameters.get("steps", "")),
    )


def _number(parameters: Mapping[str, str], name: str, least: float, most: float) -> float | None:
    if name not in parameters:
        return None
    try:
        value = float(parameters[name])
    except ValueError:
        value = math.nan
    if not least <= value <= most:
        raise Refusal(
            400, f"{name} must be a number from {least:g} to {most:,.0f}, not {parameters[name][:40]}"
        )
    return value


def _steps(text: str) -> tuple[Step, ...]:
    if not text:
        return ()
    try:
        percents = [float(word) for word in text.split(",")]
    except ValueError:
        raise Refusal(400, "steps must be percentages that grow, as in steps=1,5,25,100") from None
    if len(percents) > MOST_STEPS:
        raise Refusal(400, f"{len(percents)} steps are too many to plan; {MOST_STEPS} are possible")
    return steps_of(percents)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
