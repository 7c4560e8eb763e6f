"""/openapi.json: the description of the admin API, its schemas taken from the models the code checks with."""

from __future__ import annotations

from functools import cache
from http import HTTPStatus
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from gateway.control import models
from gateway.control.access.token_operations import TOKEN_OPERATIONS
from gateway.control.alerts.operations import ALERT_OPERATIONS
from gateway.control.labels import models as label_models
from gateway.control.operation import CHANGE, Operation
from gateway.control.planner.operations import PLAN_OPERATIONS, PLAN_PARAMETERS
from gateway.control.problems import MEDIA_TYPE as PROBLEM_TYPE
from gateway.control.queries.operations import QUERY_OPERATIONS, REQUEST_PARAMETERS, SEARCH_PARAMETERS
from gateway.control.readings import REVISIONS_LIMIT, REVISIONS_SHOWN
from gateway.control.rollouts.operations import ROLLOUT_OPERATIONS
from gateway.control.status import models as status_models
from gateway.control.trail.operations import AUDIT_OPERATIONS, AUDIT_PARAMETERS
from gateway.control.tries.operations import TRY_OPERATIONS

API_VERSION = "1.3.0"
"""Of this description: the first number changes when what was answered before no longer is."""

_REFS = "#/components/schemas/{model}"


OPERATIONS = (
    Operation(
        "get",
        "/api/v1/status",
        "status",
        "What runs and how well",
        status_models.Status,
        refusals=(421, 503),
        role="viewer",
    ),
    Operation(
        "get",
        "/api/v1/routes/{name}/weights",
        "weights",
        "A route's live weights in percent",
        models.LiveWeights,
        refusals=(404, 421, 503),
        role="viewer",
    ),
    Operation(
        "put",
        "/api/v1/routes/{name}/weights",
        "setWeights",
        "Replace a route's weights; proportional, services left out get nothing",
        models.ChangedWeights,
        models.NewWeights,
        body_required=True,
        refusals=CHANGE,
        role="operator",
    ),
    Operation(
        "post",
        "/api/v1/routes/{name}/rollback",
        "rollBackRoute",
        "Send a route to stable, or back to its weights of an earlier revision",
        models.ChangedWeights,
        models.Rollback,
        refusals=CHANGE,
        role="operator",
    ),
    *ROLLOUT_OPERATIONS,
    *PLAN_OPERATIONS,
    Operation(
        "post",
        "/api/v1/rollback",
        "rollBackAll",
        "Send every route to stable, or make an earlier revision the latest one",
        models.ChangedPlan,
        models.Rollback,
        refusals=tuple(status for status in CHANGE if status != 404),
        role="operator",
    ),
    Operation(
        "get",
        "/api/v1/revisions",
        "revisions",
        "The latest revisions, newest first",
        models.Revisions,
        refusals=(400, 421, 503),
        role="viewer",
    ),
    Operation(
        "post",
        "/api/v1/labels",
        "addLabels",
        "Say what was true of predictions: one label, or one on each line as application/x-ndjson",
        label_models.AcceptedLabels,
        label_models.NewLabel,
        body_required=True,
        has_lines=True,
        refusals=(400, 403, 413, 415, 421, 422, 503),
        role="operator",
    ),
    *ALERT_OPERATIONS,
    *TRY_OPERATIONS,
    *TOKEN_OPERATIONS,
    *QUERY_OPERATIONS,
    *AUDIT_OPERATIONS,
    Operation(
        "get", "/metrics", "metrics", "Counters for Prometheus", None, refusals=(421, 503), role="viewer"
    ),
    Operation("get", "/healthz", "healthz", "Whether this process answers", models.Alive, role=None),
    Operation(
        "get",
        "/readyz",
        "readyz",
        "Whether the data plane answers",
        models.Ready,
        refusals=(421, 503),
        role=None,
    ),
    Operation("get", "/openapi.json", "openapi", "This description", None, role=None),
)
"""Everything there is, in the order in which it is told."""

_PARAMETERS: dict[str, dict[str, Any]] = {
    **PLAN_PARAMETERS,
    **REQUEST_PARAMETERS,
    **AUDIT_PARAMETERS,
    "name": {
        "name": "name",
        "in": "path",
        "required": True,
        "schema": {"type": "string"},
        "description": "The route's name in routing.yaml",
    },
    "silence": {
        "name": "id",
        "in": "path",
        "required": True,
        "schema": {"type": "integer"},
        "description": "The silence's number, as the list of alerts says it",
    },
    "token": {
        "name": "token",
        "in": "path",
        "required": True,
        "schema": {"type": "string"},
        "description": "The token's id, as the list of tokens says it",
    },
    "all": {
        "name": "all",
        "in": "query",
        "schema": {"type": "boolean", "default": False},
        "description": "Resolved alerts too",
    },
    "version": {
        "name": "version",
        "in": "query",
        "schema": {"type": "string"},
        "description": "The values of this version alone",
    },
    "ifMatch": {
        "name": "If-Match",
        "in": "header",
        "schema": {"type": "string"},
        "description": 'Change only if this is still the latest revision: the ETag of an answer, as "7"',
        "example": '"7"',
    },
    "limit": {
        "name": "limit",
        "in": "query",
        "schema": {"type": "integer", "minimum": 1, "maximum": REVISIONS_LIMIT, "default": REVISIONS_SHOWN},
        "description": "How many revisions",
    },
}

_QUERY = {
    "planRollout": tuple(PLAN_PARAMETERS),
    "revisions": ("limit",),
    "alerts": ("all",),
    "monitor": ("version",),
    "requests": SEARCH_PARAMETERS,
    "audit": tuple(AUDIT_PARAMETERS),
    "monitorCourse": ("windows",),
}
"""Query parameters by operation."""


@cache
def document() -> dict[str, Any]:
    """Return the description."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _described(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Gateway admin API",
            "version": API_VERSION,
            "description": "Where requests go, how well that works, and every way to change it.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {"schemas": _schemas(), "parameters": _PARAMETERS},
    }


def _schemas() -> dict[str, Any]:
    used: dict[type[BaseModel], Literal["validation"]] = {models.Problem: "validation"}
    for operation in OPERATIONS:
        used |= {model: "validation" for model in (operation.answer, operation.body) if model}
    _, found = models_json_schema(list(used.items()), ref_template=_REFS)
    schemas: dict[str, Any] = found["$defs"]
    return schemas


def _described(operation: Operation) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": [{"$ref": f"#/components/parameters/{name}"} for name in _parameters(operation)],
        "responses": {"200": _answer(operation), **dict(map(_refusal, _refusals(operation)))},
    }
    if operation.body is not None:
        content = {"application/json": {"schema": _reference(operation.body)}}
        if operation.has_lines:
            content["application/x-ndjson"] = {"schema": {"type": "string"}}
        found["requestBody"] = {"required": operation.body_required, "content": content}
    return found


def _refusals(operation: Operation) -> list[int]:
    # A wrong token is refused everywhere, and too many of them are.
    asked = (401, 429) if operation.role is None else (401, 403, 429)
    return sorted({*operation.refusals, *asked})


def _parameters(operation: Operation) -> list[str]:
    found = ["name"] if "{name}" in operation.path else []
    if "{id}" in operation.path:
        found.append("request" if operation.name == "request" else "silence")
    if "{token}" in operation.path:
        found.append("token")
    is_of_plan = operation.answer is not None and "revision" in operation.answer.model_fields
    if operation.body is not None and is_of_plan:
        found.append("ifMatch")
    return [*found, *_QUERY.get(operation.name, ())]


def _answer(operation: Operation) -> dict[str, Any]:
    found: dict[str, Any] = {"description": operation.summary}
    if operation.answer is not None:
        found["content"] = {"application/json": {"schema": _reference(operation.answer)}}
        if operation.name == "query":
            found["content"]["text/csv"] = {"schema": {"type": "string"}}
        if "revision" in operation.answer.model_fields and not operation.is_whole:
            found["headers"] = {
                "ETag": {"description": "The revision, for If-Match", "schema": {"type": "string"}}
            }
    elif operation.path == "/metrics":
        text = {"schema": {"type": "string"}}
        found["content"] = {"text/plain": text, "application/openmetrics-text": text}
    else:
        found["content"] = {"application/json": {"schema": {"type": "object"}}}
    return found


def _refusal(status: int) -> tuple[str, dict[str, Any]]:
    content = {PROBLEM_TYPE: {"schema": _reference(models.Problem)}}
    return str(status), {"description": HTTPStatus(status).phrase, "content": content}


def _reference(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": _REFS.format(model=model.__name__)}
