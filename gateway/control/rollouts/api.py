"""The part of the admin API that is about rollouts: each event of one has a path below its route."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.control.bodies import read_body
from gateway.control.changes import Asker
from gateway.control.models import NewRollout, Promotion, Reasoned
from gateway.control.replies import asker_of, reply
from gateway.control.rollouts import changes as rollout_changes
from gateway.control.rollouts.changes import Told
from gateway.routing.places import Places

ROLLOUT_EXAMPLE = '{"canary": "canary", "steps": [1, 5, 25, 100]}'
REASON_EXAMPLE = '{"reason": "the outputs moved as they should"}'
PATH = "/api/v1/routes/{name}/rollout"

Body = TypeVar("Body", NewRollout, Reasoned, Promotion)


class RolloutApi:
    """The endpoints of rollouts; `settle` as for `Api`."""

    def __init__(self, places: Places, settle: Callable[[], None]) -> None:
        self._places = places
        self._settle = settle

    def routes(self) -> list[Route]:
        """Return every path there is."""
        return [
            Route(PATH, self.rollout, methods=["GET", "POST"]),
            Route(f"{PATH}/pause", self.pause, methods=["POST"]),
            Route(f"{PATH}/resume", self.resume, methods=["POST"]),
            Route(f"{PATH}/promote", self.promote, methods=["POST"]),
            Route(f"{PATH}/abort", self.abort, methods=["POST"]),
        ]

    async def rollout(self, request: Request) -> Response:
        """Answer where a route's rollout stands, or begin one."""
        if request.method == "POST":
            body = await read_body(request, NewRollout, ROLLOUT_EXAMPLE, required=True)
            return await self._make(request, body, rollout_changes.start)
        found = await asyncio.to_thread(rollout_changes.read, self._places, request.path_params["name"])
        return reply(found, found["revision"])

    async def pause(self, request: Request) -> Response:
        """Keep the canary's share as it is."""
        return await self._make(request, await _reasoned(request), rollout_changes.pause)

    async def resume(self, request: Request) -> Response:
        """Go on after a pause."""
        return await self._make(request, await _reasoned(request), rollout_changes.resume)

    async def promote(self, request: Request) -> Response:
        """Go to the next step, or to the end."""
        body = await read_body(request, Promotion, '{"full": true}', required=False)
        return await self._make(request, body, rollout_changes.promote)

    async def abort(self, request: Request) -> Response:
        """Take the canary back."""
        return await self._make(request, await _reasoned(request), rollout_changes.abort)

    async def _make(
        self, request: Request, body: Body, change: Callable[[Places, Asker, str, Body], Told]
    ) -> Response:
        asker, name = asker_of(request, body.reason), request.path_params["name"]

        def changed_and_settled() -> Told:
            found = change(self._places, asker, name, body)
            self._settle()
            return found

        found = await asyncio.to_thread(changed_and_settled)
        return reply(found, found["revision"])


async def _reasoned(request: Request) -> Reasoned:
    return await read_body(request, Reasoned, REASON_EXAMPLE, required=False)
