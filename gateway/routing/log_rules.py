"""The live plan as the recorder follows it: the rules of its log, anew whenever the slot's word changes."""

from __future__ import annotations

import logging

from gateway.errors import GatewayError
from gateway.requestlog.rules import RouteRule, Rules
from gateway.routing.places import Places
from gateway.routing.plan import RoutingPlan
from gateway.routing.slot import PlanSlot, published

log = logging.getLogger("gateway.recorder")


def rules_of(plan: RoutingPlan) -> Rules:
    """Return what the recorder takes from a plan; a route that is not logged has no rule."""
    return Rules(
        {
            route.name: RouteRule(route.path, route.log.filter)
            for route in plan.routes
            if route.log is not None
        },
        {service.name: service.model for service in plan.services if service.model},
        plan.log,
        plan.logging,
    )


class PlanRules:
    """Follows the slot."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._slot = PlanSlot(places)
        self._revision = -1

    def new(self) -> Rules | None:
        """Return the rules of the live plan if that is another one than at the last call, else None.

        A plan that cannot be read changes nothing; that is logged once.
        """
        revision = self._slot.word[0]
        if revision == self._revision:
            return None
        try:
            plan = published(self._places)
        except GatewayError as error:
            log.error("revision %d: %s; records are made as before", revision, error)
            self._revision = revision
            return None
        if plan is None:
            return None
        self._revision = revision
        return rules_of(plan)
