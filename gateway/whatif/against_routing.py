"""The recorded requests against another routing.yaml: from the files of a gateway to the report."""

from __future__ import annotations

from typing import Any

from gateway.errors import GatewayError
from gateway.requestlog.lake import connect
from gateway.routing import journal
from gateway.routing.places import Places
from gateway.routing.plan import RoutingPlan
from gateway.routing.revise import adopt, succeed
from gateway.whatif.caveats import caveats
from gateway.whatif.journalled import Journalled
from gateway.whatif.recorded import Asked, Found, find, stream
from gateway.whatif.resplit import Resplit
from gateway.whatif.routing_report import routing_report

_WANTED = "requests gaps"


def against_routing(places: Places, other: RoutingPlan, asked: Asked) -> dict[str, Any]:
    """Return the report; raises GatewayError where nothing is recorded."""
    with journal.opened(places.journal) as connection, connect(places.log, wanted=_WANTED) as lake:
        head = journal.head(connection)
        found = find(lake, asked)
        if not found.divisible:
            raise nothing_recorded(asked, found, head.plan if head else None)
        plan = as_if_saved(head.plan if head else None, other)
        plans = Journalled(connection)
        outcome = Resplit(plan, plans).all(stream(lake, asked, found.share))
        told = caveats(found, outcome, plan, plans, plans.missing)
        return routing_report(found, outcome, plan, told)


def as_if_saved(live: RoutingPlan | None, other: RoutingPlan) -> RoutingPlan:
    """Return what a plan would become if it were saved now: users are placed as weights have grown."""
    return succeed(live, adopt(live, other)) if live is not None else other


def nothing_recorded(asked: Asked, found: Found, live: RoutingPlan | None) -> GatewayError:
    """Say why there is nothing to look at, and what to do."""
    what = f"no request of route {asked.route}" if asked.route else "no request"
    names = [route.name for route in live.routes] if live else []
    if asked.route and live and asked.route not in names:
        return GatewayError(f"there is no route {asked.route}; there is {', '.join(names[:20])}")
    if live and not any(route.log for route in live.routes if asked.route in ("", route.name)):
        return GatewayError(
            f"{what} is recorded: `log: off` in routing.yaml; take it out, and look again later"
        )
    if found.turned_away:
        return GatewayError(
            f"{what} was divided in this time: all {found.turned_away:,} were refused before; "
            "see `gateway status`"
        )
    return GatewayError(
        f"{what} is recorded in this time: look further back with --since 7d, or send some to the gateway"
    )
