"""The operations on what was logged, for the description of the admin API."""

from __future__ import annotations

from typing import Any, Final

from gateway.control.alerts import course_models as monitor_models
from gateway.control.alerts.course import MOST as MOST_WINDOWS
from gateway.control.alerts.course import USUAL
from gateway.control.operation import Operation
from gateway.control.queries import models as query_models
from gateway.control.queries.requests_asked import LIMIT, MOST
from gateway.monitoring.tally_layout import OUTCOMES
from gateway.requestlog.columns import WHYS

QUERY_OPERATIONS = (
    Operation(
        "get",
        "/api/v1/requests",
        "requests",
        "Answered requests, newest first",
        query_models.FoundRequests,
        refusals=(400, 421, 422, 503),
        role="viewer",
        is_whole=True,
    ),
    Operation(
        "get",
        "/api/v1/requests/{id}",
        "request",
        "Everything that the log has of one request",
        query_models.WholeRequest,
        refusals=(404, 421, 422, 503),
        role="viewer",
        is_whole=True,
    ),
    Operation(
        "post",
        "/api/v1/pseudonym",
        "pseudonym",
        "What the request log has in the place of a user's sticky key; the key is in the body, so in no URL",
        query_models.Pseudonym,
        query_models.KeyGiven,
        body_required=True,
        refusals=(400, 403, 404, 413, 415, 421, 503),
        role="operator",
        is_whole=True,
    ),
    Operation(
        "post",
        "/api/v1/query",
        "query",
        "The answer of one SELECT over the request log, as JSON, or as CSV where that is asked for",
        query_models.QueryAnswer,
        query_models.NewQuery,
        body_required=True,
        refusals=(400, 403, 413, 415, 421, 422, 503),
        role="viewer",
        is_whole=True,
    ),
    Operation(
        "get",
        "/api/v1/monitors/{name}/course",
        "monitorCourse",
        "The watched values of a route over time, and how the values of its fields spread",
        monitor_models.MonitorCourse,
        refusals=(400, 404, 421, 503),
        role="viewer",
    ),
)


def _searched(name: str, description: str, **schema: Any) -> dict[str, Any]:
    found = {"type": "string", **schema}
    return {"name": name, "in": "query", "schema": found, "description": description}


REQUEST_PARAMETERS: Final[dict[str, Any]] = {
    "request": {
        "name": "id",
        "in": "path",
        "required": True,
        "schema": {"type": "string"},
        "description": "The x-request-id of an answer",
    },
    "windows": _searched(
        "windows", "How many windows", type="integer", minimum=1, maximum=MOST_WINDOWS, default=USUAL
    ),
    "searchRoute": _searched("route", "Of this route alone"),
    "searchVersion": _searched("version", "Answered by this version"),
    "searchStatus": _searched("status", "Answered with this status, or with such ones", example="5xx"),
    "searchOutcome": _searched("outcome", "With this outcome", enum=["", *OUTCOMES]),
    "searchWhy": _searched("why", "Sent where it went for this reason", enum=["", *WHYS]),
    "searchKey": _searched(
        "key",
        "With this sticky key, as the log has it: `POST /api/v1/pseudonym` tells",
        pattern="^$|^p_[0-9a-f]{24}$",
    ),
    "searchPath": _searched("path", "With this in its path"),
    "searchSince": _searched(
        "since", "Not before: ISO 8601, UTC unless it says, or so long ago", example="15m"
    ),
    "searchUntil": _searched("until", "Before: as since"),
    "searchBefore": _searched("before", "Those that follow: `next` of an earlier answer"),
    "searchLimit": _searched("limit", "How many", type="integer", minimum=1, maximum=MOST, default=LIMIT),
}
SEARCH_PARAMETERS: Final = tuple(name for name in REQUEST_PARAMETERS if name.startswith("search"))
