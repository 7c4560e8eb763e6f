"""Names in the rules of the log, of watching and of alerts that no model has: most likely a slip of the pen.

Not a mistake for sure: a model elsewhere, a later version or a request's parameters may well have them.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from gateway.errors import GatewayError
from gateway.files import read_small
from gateway.requestlog.policy import LogPolicy
from gateway.routing.plan import Route, RoutingPlan
from gateway.routing.report import shown
from gateway.routing.watches import AlertRule, Monitor

NAMED = 3
"""Routes that are named in a sentence."""


def undeclared(plan: RoutingPlan, folder: Path) -> list[str]:
    """Return a sentence for each name that no model declares; models are looked for beside `folder`'s file.

    A route is passed over unless all of its versions are models that can be read.
    """
    read = cache(lambda model: _declared(folder / model))
    models = {service.name: read(service.model) if service.model else None for service in plan.services}
    known = {route.name: names for route in plan.routes if (names := _of_route(route, models)) is not None}
    users: dict[tuple[str, str], list[Route]] = {}
    for route in plan.routes:
        for used in _used(route, plan.alerts):
            users.setdefault(used, []).append(route)
    return [
        _told(what, name, routes, known)
        for (what, name), routes in users.items()
        if all(route.name in known and name not in known[route.name] for route in routes)
    ]


def _declared(model: Path) -> frozenset[str] | None:
    """Return the inputs and outputs of a model, None where its file cannot be read."""
    from gateway.serving.model_file import MOST_BYTES, parse_model_file

    try:
        spec = parse_model_file(read_small(model / "model.yaml", MOST_BYTES).decode(), "model.yaml").spec
    except (GatewayError, OSError, ValueError):
        return None  # whoever starts it says why
    return frozenset((*spec.input_by_name, *spec.output_by_name))


def _of_route(route: Route, models: Mapping[str, frozenset[str] | None]) -> frozenset[str] | None:
    """Return what the versions of a route declare, None where one of them is not known."""
    found = [models.get(name) for name, _ in route.weights]
    known = [names for names in found if names is not None]
    return frozenset().union(*known) if len(known) == len(found) else None


def _used(route: Route, alerts: tuple[AlertRule, ...]) -> Iterator[tuple[str, str]]:
    """Yield where a name of an input or output is used for this route, and the name."""
    if route.log is None:
        return
    yield from ((what, name) for what, name in (*_in_log(route.log), *_in_monitor(route.monitor)) if name)
    for rule in alerts:
        if rule.field and (not rule.routes or route.name in rule.routes):
            yield f"alert `{rule.name}`", rule.field


def _in_log(policy: LogPolicy) -> Iterator[tuple[str, str]]:
    rules = policy.filter
    for key in ("keep", "pseudonymise", "encrypt"):
        yield from ((f"`{key}` of `filter`", name) for name in getattr(rules, key))
    yield from (("`coarsen` of `filter`", rule.name) for rule in rules.coarsen)
    yield "`key` of `labels`", policy.labels.key
    yield "`output` of `labels`", policy.labels.output


def _in_monitor(monitor: Monitor) -> Iterator[tuple[str, str]]:
    if not monitor.time.startswith("parameters."):
        yield "`time` of `monitor`", monitor.time


def _told(what: str, name: str, routes: list[Route], known: Mapping[str, frozenset[str]]) -> str:
    listed = ", ".join(route.name for route in routes[:NAMED])
    called = f"route {listed}" if len(routes) == 1 else f"the routes {listed}"
    more = f" and {len(routes) - NAMED} more" if len(routes) > NAMED else ""
    near = difflib.get_close_matches(name, sorted(known[routes[0].name]), 1)
    hint = f"; did you mean `{near[0]}`?" if near else ""
    return f"{what} names `{shown(name)}`, which no model of {called}{more} declares{hint}"
