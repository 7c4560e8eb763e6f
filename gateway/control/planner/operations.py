"""The operation that plans a rollout, for the description of the admin API."""

from __future__ import annotations

from typing import Any, Final

from gateway.control.operation import Operation
from gateway.control.planner.models import PlannedRollout

PATH: Final = "/api/v1/routes/{name}/plan"
MOST_RATE: Final = 1_000_000.0
MOST_STEPS: Final = 20
LEAST_ERRORS, MOST_ERRORS = 0.001, 50.0
"""Percent of stable's answers that may be said to fail."""

PLAN_OPERATIONS: Final = (
    Operation(
        "get",
        PATH,
        "planRollout",
        "What each step of a rollout would find, in how long, and what it may cost; nothing is changed",
        PlannedRollout,
        refusals=(400, 404, 421, 422, 503),
        role="viewer",
    ),
)


def _number(name: str, least: float, most: float, description: str) -> dict[str, Any]:
    schema = {"type": "number", "minimum": least, "maximum": most}
    return {"name": name, "in": "query", "schema": schema, "description": description}


PLAN_PARAMETERS: Final[dict[str, Any]] = {
    "canary": {
        "name": "canary",
        "in": "query",
        "required": True,
        "schema": {"type": "string", "minLength": 1},
        "description": "The version that is to be rolled out",
        "example": "canary",
    },
    "steps": {
        "name": "steps",
        "in": "query",
        "schema": {"type": "string"},
        "description": f"Percentages that grow, {MOST_STEPS} at most; without, those of routing.yaml",
        "example": "1,5,25,100",
    },
    "rate": _number("rate", 0.001, MOST_RATE, "Requests per second, instead of the last seconds' own"),
    "errorRate": _number(
        "error_rate",
        LEAST_ERRORS,
        MOST_ERRORS,
        "Percent of stable's answers that fail, instead of what is seen",
    ),
}
