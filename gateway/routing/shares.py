"""The shares that services get of a route, as people set them: in percent or in proportion.

`gateway rollback` does not need this and does not load it.
"""

from __future__ import annotations

from collections.abc import Mapping

from gateway.errors import ChangeRefused
from gateway.routing.keyed import placing_weights
from gateway.routing.plan import Route, RoutingPlan, proportional
from gateway.routing.revise import named, weighted, with_routes

MOST = 1e9
"""The largest weight; they are proportional, so nobody needs larger ones."""


def set_shares(plan: RoutingPlan, shares: Mapping[str, float], route: str | None = None) -> RoutingPlan:
    """Give services these shares in percent; the route's other services keep their proportions.

    Without a route the only one that names these services is meant. Where the others have no weight to
    keep, the rest goes to stable. Raises ChangeRefused where that cannot be done.
    """
    for service in shares:
        _check_service(plan, service)
    chosen = _only_route_of(plan, shares) if route is None else named(plan, route)
    return with_routes(plan, {chosen.name: weighted(chosen, _shared_out(chosen, shares))})


def replace_weights(plan: RoutingPlan, route: str, weights: Mapping[str, float]) -> RoutingPlan:
    """Replace a route's weights by these proportional ones; services left out get nothing."""
    chosen = named(plan, route)
    for service in weights:
        _check_service(plan, service)
    return with_routes(plan, {route: weighted(chosen, _units(weights))})


def _shared_out(route: Route, shares: Mapping[str, float]) -> dict[str, int]:
    rest = 100.0 - sum(shares.values())
    if rest < -1e-9:
        raise ChangeRefused(f"the shares add up to {100 - rest:g} %, more than 100 %")
    placing = zip(route.weights, placing_weights(route), strict=True)
    others = {name: weight for (name, units), weight in placing if name not in shares and units}
    if not others and route.stable not in shares:
        others = {route.stable: 1.0}
    if rest < 1e-9:
        return _units({**shares, **dict.fromkeys(others, 0.0)})
    if not others:
        raise ChangeRefused(
            f"the shares add up to {100 - rest:g} % and no other service of route {route.name} has any "
            f"weight to take the remaining {rest:g} %; name all shares so that they add up to 100"
        )
    scale = rest / sum(others.values())
    return _units({**shares, **{name: units * scale for name, units in others.items()}})


def _units(weights: Mapping[str, float]) -> dict[str, int]:
    for service, weight in weights.items():
        if not 0 <= weight <= MOST:
            raise ChangeRefused(f"the weight of {service} must be a number from 0 to {MOST:g}, not {weight}")
    try:
        return proportional(weights)
    except ValueError as error:
        raise ChangeRefused(str(error)) from error


def _only_route_of(plan: RoutingPlan, shares: Mapping[str, float]) -> Route:
    routes = [r for r in plan.routes if all(name in dict(r.weights) for name in shares)]
    if len(routes) == 1:
        return routes[0]
    if len(plan.routes) == 1:
        return plan.routes[0]
    asked = " and ".join(shares)
    if routes:
        names = ", ".join(r.name for r in routes[:20])
        raise ChangeRefused(f"several routes have {asked} ({names}); say which with --route NAME")
    raise ChangeRefused(f"no route has {asked} among its weights; say which is meant with --route NAME")


def _check_service(plan: RoutingPlan, service: str) -> None:
    if plan.service(service) is None:
        from difflib import get_close_matches  # here, so that `rollback` need not load it

        names = [s.name for s in plan.services]
        near = get_close_matches(service, names, 1)
        hint = f"did you mean {near[0]}?" if near else f"there is {', '.join(names[:20])}"
        raise ChangeRefused(f"there is no service {service}; {hint}")
