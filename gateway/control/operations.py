"""Everything that the admin API does, as data, in the order in which its description tells it.

What belongs to one room stands there; here is the rest, and the names of all parameters.
"""

from __future__ import annotations

from typing import Any

from gateway.control import models
from gateway.control.access.token_operations import TOKEN_OPERATIONS
from gateway.control.alerts.operations import ALERT_OPERATIONS
from gateway.control.labels import models as label_models
from gateway.control.operation import CHANGE, Operation
from gateway.control.planner.operations import PLAN_OPERATIONS, PLAN_PARAMETERS
from gateway.control.queries.operations import QUERY_OPERATIONS, REQUEST_PARAMETERS, SEARCH_PARAMETERS
from gateway.control.readings import REVISIONS_LIMIT, REVISIONS_SHOWN
from gateway.control.rollouts.operations import ROLLOUT_OPERATIONS
from gateway.control.status import models as status_models
from gateway.control.trail.operations import AUDIT_OPERATIONS, AUDIT_PARAMETERS
from gateway.control.tries.operations import TRY_OPERATIONS

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

PARAMETERS: dict[str, dict[str, Any]] = {
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

QUERY_PARAMETERS = {
    "planRollout": tuple(PLAN_PARAMETERS),
    "revisions": ("limit",),
    "alerts": ("all",),
    "monitor": ("version",),
    "requests": SEARCH_PARAMETERS,
    "audit": tuple(AUDIT_PARAMETERS),
    "monitorCourse": ("windows",),
}
"""Query parameters by operation."""
