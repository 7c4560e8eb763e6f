"""The part of the admin API that is about watching: alerts, silences, and the values behind them."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.control.alerts import silences as alerts
from gateway.control.alerts.models import NewSilence
from gateway.control.bodies import check_known, read_body
from gateway.control.problems import Refusal
from gateway.control.replies import asker_of, reply
from gateway.routing.places import Places

SILENCE_EXAMPLE = '{"rule": "input-drift", "route": "late", "seconds": 7200, "reason": "a known holiday"}'


class AlertsApi:
    """The endpoints of alerts."""

    def __init__(self, places: Places) -> None:
        self._places = places

    def routes(self) -> list[Route]:
        """Return every path there is."""
        return [
            Route("/api/v1/alerts", self.alerts),
            Route("/api/v1/monitors/{name}", self.monitor),
            Route("/api/v1/silences", self.silence, methods=["POST"]),
            Route("/api/v1/silences/{id}", self.unsilence, methods=["DELETE"]),
        ]

    async def alerts(self, request: Request) -> Response:
        """Answer the alerts and the silences in force."""
        check_known(request.query_params, ["all"], "query parameter")
        said = request.query_params.get("all", "false")
        if said not in ("true", "false"):
            raise Refusal(400, f"all must be true or false, not {said[:40]}")
        found = await asyncio.to_thread(alerts.alerts, self._places, everything=said == "true")
        return reply(found)

    async def monitor(self, request: Request) -> Response:
        """Answer a route's latest values."""
        check_known(request.query_params, ["version"], "query parameter")
        version = request.query_params.get("version", "")
        return reply(
            await asyncio.to_thread(alerts.monitor, self._places, request.path_params["name"], version)
        )

    async def silence(self, request: Request) -> Response:
        """Begin a silence."""
        body = await read_body(request, NewSilence, SILENCE_EXAMPLE, required=True)
        asker = asker_of(request, body.reason)
        return reply(await asyncio.to_thread(alerts.silence, self._places, asker, body))

    async def unsilence(self, request: Request) -> Response:
        """End a silence."""
        told = request.path_params["id"]
        if not (told.isascii() and told.isdigit() and len(told) < 18):
            raise Refusal(404, f"a silence has a number, not {told[:40]}; GET /api/v1/alerts lists them")
        return reply(await asyncio.to_thread(alerts.unsilence, self._places, int(told)))
