"""The operations on rollouts, for the description of the admin API."""

from __future__ import annotations

from pydantic import BaseModel

from gateway.control import models
from gateway.control.operation import CHANGE, Operation
from gateway.control.rollouts.models import RouteRollout

PATH = "/api/v1/routes/{name}/rollout"


def _event(
    path: str, name: str, summary: str, body: type[BaseModel], *, body_required: bool = False
) -> Operation:
    refusals = tuple(sorted((*CHANGE, 409)))
    return Operation(
        "post",
        PATH + path,
        name,
        summary,
        RouteRollout,
        body,
        body_required,
        refusals=refusals,
        role="operator",
    )


ROLLOUT_OPERATIONS = (
    Operation(
        "get",
        PATH,
        "rollout",
        "Where a route's rollout stands and what the judge says of it",
        RouteRollout,
        refusals=(404, 421, 503),
        role="viewer",
    ),
    _event("", "startRollout", "Roll a version out step by step", models.NewRollout, body_required=True),
    _event("/pause", "pauseRollout", "Keep the canary's share as it is", models.Reasoned),
    _event("/resume", "resumeRollout", "Go on after a pause", models.Reasoned),
    _event("/promote", "promoteRollout", "Go to the next step, or make the canary stable", models.Promotion),
    _event("/abort", "abortRollout", "Take the canary back", models.Reasoned),
)
