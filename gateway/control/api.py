"""The admin API: what runs and how well, and every change of routing that may be asked for over HTTP.

The handlers translate between HTTP and `changes`, `status` and `metrics`, which block and therefore run in
threads: the event loop stays free for the next caller. A change is published first thing, and answered
once routing.yaml says it too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.control import changes, readings
from gateway.control.access.roles import principal_of
from gateway.control.access.token_api import TokenApi
from gateway.control.alerts.api import AlertsApi
from gateway.control.bodies import check_known, read_body
from gateway.control.changes import known_route
from gateway.control.labels.api import LabelApi
from gateway.control.metrics.exposition import exposition
from gateway.control.models import NewWeights, Rollback
from gateway.control.openapi import document
from gateway.control.planner.api import PlanApi
from gateway.control.problems import Refusal
from gateway.control.queries.api import QueryApi
from gateway.control.replies import asker_of, reply
from gateway.control.rollouts.api import RolloutApi
from gateway.control.status.snapshot import snapshot
from gateway.control.trail.api import AuditApi
from gateway.control.tries.api import TryApi
from gateway.routing.places import Places
from gateway.routing.plan import RoutingPlan

WEIGHTS_EXAMPLE = '{"weights": {"blue": 90, "canary": 10}}'
ROLLBACK_EXAMPLE = '{"reason": "errors on canary"}'


class Api:
    """The endpoints of one gateway.

    `settle` is called after each published change and returns once routing.yaml says so, or soon after.
    """

    def __init__(self, places: Places, settle: Callable[[], None]) -> None:
        self._places = places
        self._settle = settle
        self._rollouts = RolloutApi(places, settle)
        self._alerts = AlertsApi(places)

    def routes(self) -> list[Route]:
        """Return every path there is."""
        return [
            Route("/api/v1/status", self.status),
            Route("/api/v1/routes/{name}/weights", self.weights, methods=["GET", "PUT"]),
            Route("/api/v1/routes/{name}/rollback", self.roll_back_route, methods=["POST"]),
            *self._rollouts.routes(),
            *self._alerts.routes(),
            *PlanApi(self._places).routes(),
            Route("/api/v1/rollback", self.roll_back_all, methods=["POST"]),
            Route("/api/v1/revisions", self.revisions),
            *LabelApi(self._places).routes(),
            *TryApi(self._places).routes(),
            *TokenApi(self._places).routes(),
            *QueryApi(self._places).routes(),
            *AuditApi(self._places).routes(),
            Route("/metrics", self.metrics),
            Route("/healthz", self.healthz),
            Route("/readyz", self.readyz),
            Route("/openapi.json", self.openapi),
        ]

    async def status(self, _request: Request) -> Response:
        """Answer what `gateway status --json` says."""
        found = await asyncio.to_thread(snapshot, self._places)
        return reply(found, int(found["revision"]))

    async def weights(self, request: Request) -> Response:
        """Answer a route's live division, or replace it."""
        if request.method == "PUT":
            return await self._put_weights(request)
        plan = await asyncio.to_thread(readings.live_plan, self._places)
        route = known_route(plan, request.path_params["name"])
        return reply({**readings.weights_of(route), "revision": plan.revision}, plan.revision)

    async def _put_weights(self, request: Request) -> Response:
        body = await read_body(request, NewWeights, WEIGHTS_EXAMPLE, required=True)
        name = request.path_params["name"]
        asker = asker_of(request, body.reason)
        return await self._change_route(
            name, partial(changes.set_weights, self._places, asker, name, body.weights)
        )

    async def roll_back_route(self, request: Request) -> Response:
        """Send one route to stable, or back to the weights of an earlier revision."""
        body = await read_body(request, Rollback, ROLLBACK_EXAMPLE, required=False)
        name = request.path_params["name"]
        asker = asker_of(request, body.reason)
        if body.to is None:
            return await self._change_route(name, partial(changes.to_stable, self._places, asker, name))
        return await self._change_route(
            name, partial(changes.route_to_revision, self._places, asker, name, body.to)
        )

    async def roll_back_all(self, request: Request) -> Response:
        """Send every route to stable, or make an earlier revision the latest one."""
        body = await read_body(request, Rollback, ROLLBACK_EXAMPLE, required=False)
        asker = asker_of(request, body.reason)
        if body.to is None:
            plan, changed = await self._change(partial(changes.to_stable, self._places, asker, None))
        else:
            plan, changed = await self._change(partial(changes.to_revision, self._places, asker, body.to))
        routes = [readings.weights_of(route) for route in plan.routes]
        return reply({"revision": plan.revision, "changed": changed, "routes": routes}, plan.revision)

    async def _change_route(self, name: str, change: Callable[[], tuple[RoutingPlan, bool]]) -> Response:
        plan, changed = await self._change(change)
        told = readings.weights_of(known_route(plan, name))
        return reply({**told, "revision": plan.revision, "changed": changed}, plan.revision)

    async def _change(self, change: Callable[[], tuple[RoutingPlan, bool]]) -> tuple[RoutingPlan, bool]:
        def changed_and_settled() -> tuple[RoutingPlan, bool]:
            plan, changed = change()
            if changed:
                self._settle()
            return plan, changed

        return await asyncio.to_thread(changed_and_settled)

    async def revisions(self, request: Request) -> Response:
        """Answer the latest revisions, newest first."""
        check_known(request.query_params, ["limit"], "query parameter")
        limit = _limit(request.query_params.get("limit", str(readings.REVISIONS_SHOWN)))
        found = await asyncio.to_thread(readings.revisions, self._places, limit)
        return reply({"revisions": found})

    async def metrics(self, request: Request) -> Response:
        """Answer the counters for Prometheus."""
        accept = request.headers.get("accept", "")
        text, media_type = await asyncio.to_thread(exposition, self._places, accept)
        return Response(text, headers={"content-type": media_type})

    async def healthz(self, _request: Request) -> Response:
        """Answer that this process is alive."""
        return reply({"alive": True})

    async def readyz(self, request: Request) -> Response:
        """Answer whether the data plane can answer requests; why it cannot is not for strangers."""
        reason = await asyncio.to_thread(readings.why_not_ready, self._places)
        if reason:
            told = reason if principal_of(request.scope) else "not ready; send a token to hear why"
            raise Refusal(503, told, {"retry-after": "1"})
        return reply({"ready": True})

    async def openapi(self, _request: Request) -> Response:
        """Answer the description of all this."""
        return reply(document())


def _limit(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) < 9 and 1 <= int(text) <= readings.REVISIONS_LIMIT:
        return int(text)
    raise Refusal(400, f"limit must be a whole number from 1 to {readings.REVISIONS_LIMIT}, not {text[:40]}")
