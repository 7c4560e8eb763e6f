"""The operations on alerts, for the description of the admin API."""

from __future__ import annotations

from gateway.control.alerts import models as alert_models
from gateway.control.operation import Operation

ALERT_OPERATIONS = (
    Operation(
        "get",
        "/api/v1/alerts",
        "alerts",
        "Alerts that fire or are pending, with `all=true` resolved ones too, and silences",
        alert_models.Alerts,
        refusals=(400, 421, 503),
        role="viewer",
    ),
    Operation(
        "get",
        "/api/v1/monitors/{name}",
        "monitor",
        "The latest watched values of a route with their references",
        alert_models.RouteMonitor,
        refusals=(400, 404, 421, 503),
        role="viewer",
    ),
    Operation(
        "post",
        "/api/v1/silences",
        "addSilence",
        "Have nobody told of a rule for a while",
        alert_models.SilenceState,
        alert_models.NewSilence,
        body_required=True,
        refusals=(400, 403, 413, 415, 421, 422, 503),
        role="operator",
    ),
    Operation(
        "delete",
        "/api/v1/silences/{id}",
        "endSilence",
        "End a silence",
        alert_models.SilenceState,
        refusals=(403, 404, 421, 503),
        role="operator",
    ),
)
