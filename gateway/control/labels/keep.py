"""The truth, kept for the command line and the admin API alike: checked against the plan, then on disk."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.audit.event import attempt_now
from gateway.errors import ChangeRefused
from gateway.requestlog.label_lines import Label
from gateway.requestlog.labels import LabelStore
from gateway.requestlog.secrets import Secrets
from gateway.routing.places import Places
from gateway.routing.plan import RoutingPlan


def keep(places: Places, plan: RoutingPlan, labels: Sequence[Label]) -> None:
    """Keep labels for good. Raises ChangeRefused as `check` does."""
    check(plan, labels)
    policies = {route.name: route.log for route in plan.routes}
    LabelStore(places.log, Secrets.load(places.log, plan.log, places.state.parent), policies).append(labels)
    if (attempt := attempt_now()) is not None:
        attempt.after = {"labels": len(labels)}


def check(plan: RoutingPlan, labels: Sequence[Label]) -> None:
    """Raise ChangeRefused where a label names a route, or by a key, that there is not."""
    for name in dict.fromkeys(label.route for label in labels if label.route):
        _check_route(plan, name)


def _check_route(plan: RoutingPlan, name: str) -> None:
    route = plan.route(name)
    if route is None:
        raise ChangeRefused(
            f"there is no route {name[:100]!r}; routes: {', '.join(found.name for found in plan.routes)}"
        )
    if route.log is None or not route.log.labels.key:
        raise ChangeRefused(
            f"route {name} declares no key: write `log: {{labels: {{key: <input>}}}}` in it, "
            "or name predictions by `id`"
        )
