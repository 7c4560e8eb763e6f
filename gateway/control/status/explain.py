"""What `gateway explain` says of the version that would answer: whether it can, as the workers see it now."""

from __future__ import annotations

from typing import Any

from gateway.control.status.views import Views
from gateway.control.warnings.routes import of_route, stands_in
from gateway.control.warnings.services import of_service, panic_percent, verdicts
from gateway.routing.plan import RoutingPlan


def health_now(plan: RoutingPlan, views: Views, route: str, service: str | None) -> dict[str, Any] | None:
    """Return how a service, or where the draw decides the route, is now; None where no worker tells.

    `out` of so many `workers` send the service nothing; `instead` answers then, empty for 503.
    """
    found = plan.route(route)
    judged = verdicts(plan, views)
    if found is None or not judged:
        return None
    if service is None:
        suffering = of_route(found, judged)
        warning = f"route {route}: {suffering.text}" if suffering else ""
        return {"workers": 0, "out": 0, "instead": "", "warning": warning}
    if service not in judged:
        return None
    instead = "" if service == found.stable else stands_in(found, judged)
    warning = next(
        (of_service(s, panic_percent(plan, s.name)) for s in views.services if s.name == service), ""
    )
    return {
        "workers": judged[service].workers,
        "out": judged[service].out,
        "instead": instead,
        "warning": warning,
    }
