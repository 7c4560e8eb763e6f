"""The part of the admin API that tries a route: a real request through the data plane, and why it went so.

What is asked is always this gateway's own listener; nothing a caller says names an address.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as Endpoint

from gateway.control.access.roles import has, principal_of
from gateway.control.bodies import read_body
from gateway.control.changes import known_route
from gateway.control.problems import Refusal
from gateway.control.readings import live_plan
from gateway.control.replies import reply
from gateway.control.status.observation import Running, read_running
from gateway.control.tries.form import Form, fields_of_metadata, form_of, tensors
from gateway.control.tries.models import NewTry
from gateway.control.tries.operations import PATH
from gateway.control.tries.send import KEY_WITHIN, Sent, own_key, send
from gateway.control.tries.why import CANNOT, user_header, way_to, why
from gateway.errors import GatewayError
from gateway.routing.places import Places
from gateway.routing.plan import Route, RoutingPlan

EXAMPLE = '{"inputs": {"month": 3, "carrier": "UA"}}'
AT_ONCE = 4
MOST_VERSIONS = 10
LONGEST_ERROR = 2000


class TryApi:
    """The endpoint of trials; only a few are made at once."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._turns = asyncio.Semaphore(AT_ONCE)

    def routes(self) -> list[Endpoint]:
        """Return every path there is."""
        return [Endpoint(PATH, self.trial, methods=["POST"])]

    async def trial(self, request: Request) -> Response:
        """Ask a route for one prediction and answer what came of it."""
        body = await read_body(request, NewTry, EXAMPLE, required=True)
        principal = principal_of(request.scope)
        may_use_key = principal is not None and has(principal.role, "operator")
        async with self._turns:
            name = request.path_params["name"]
            return reply(await asyncio.to_thread(tried, self._places, name, body, may_use_key))


def tried(places: Places, name: str, asked: NewTry, may_use_key: bool) -> dict[str, Any]:
    """Return what the versions of a route answer; raises Refusal, GatewayError."""
    plan = live_plan(places)
    route = known_route(plan, name)
    if route.auth is not None and not may_use_key:
        raise Refusal(403, f"clients of route {name} need a key, so trying it needs the role operator")
    trial = Trial(places, plan, route)
    ways, left_out = _ways(route, asked)
    if asked.user is not None:
        known_by = user_header(route, asked.user)
        if known_by is None:
            raise Refusal(422, f"route {name} pins nobody by a header or a cookie; leave `user` out")
        ways = [{**known_by, **way} for way in ways]
    body = orjson.dumps({"inputs": tensors(trial.form.fields, asked.inputs)})
    return {
        "route": name,
        "model": trial.form.model,
        "target": trial.form.target,
        "answers": [trial.answer(body, way) for way in ways],
        "not_tried": [{"version": version, "why": CANNOT} for version in left_out],
    }


def _ways(route: Route, asked: NewTry) -> tuple[list[dict[str, str]], list[str]]:
    """Return the headers of each request to be made, and the versions that no header leads to."""
    versions = [version for version, _ in route.weights]
    if asked.version is not None and asked.version not in versions:
        raise Refusal(422, f"route {route.name} has no version {asked.version}; it has {', '.join(versions)}")
    if asked.all:
        ways = {version: way_to(route, version) for version in versions[:MOST_VERSIONS]}
        found = [way for way in ways.values() if way is not None]
        return found, [version for version, way in ways.items() if way is None]
    if asked.version is None:
        return [{}], []
    way = way_to(route, asked.version)
    if way is None:
        raise Refusal(422, f"{asked.version} cannot be tried by itself: {CANNOT}")
    return [way], []


class Trial:
    """Requests to one route, made with the gateway's own key where the route asks for one."""

    def __init__(self, places: Places, plan: RoutingPlan, route: Route) -> None:
        self._plan, self._route = plan, route
        self._running: Running = read_running(places)
        self._headers = {"content-type": "application/json"}
        if route.auth is not None:
            self._headers[route.auth.header] = own_key(places)
        self.form = self._form(Path(self._running.config).parent)

    def _form(self, folder: Path) -> Form:
        try:
            form = form_of(self._plan, self._route, folder)
        except GatewayError as error:
            raise Refusal(422, str(error)) from error
        if form.fields:
            return form
        described = self._sent("GET", form.target.removesuffix("/infer"), b"", {})
        return replace(form, fields=fields_of_metadata(described.json()))

    def _sent(self, method: str, target: str, body: bytes, more: Mapping[str, str]) -> Sent:
        """Send a request; a key that was just made is known to all workers a moment later."""
        deadline = time.monotonic() + KEY_WITHIN
        while True:
            found = send(self._plan, self._running, method, target, body, {**self._headers, **more})
            is_ours = self._route.auth is not None and "www-authenticate" in found.headers
            if not is_ours or found.status != 401 or time.monotonic() > deadline:
                return found
            time.sleep(0.25)

    def answer(self, body: bytes, way: Mapping[str, str]) -> dict[str, Any]:
        """Ask once and return what came, as the API says it."""
        found = self._sent("POST", self.form.target, body, way)
        document = found.json()
        version = found.headers.get("x-model-version", "")
        reason = why(self._route, way, version)
        outputs = _outputs(document) if found.status < 400 else []
        return {
            "version": version,
            "why": {"rule": reason[0], "told": reason[1]} if reason else None,
            "status": found.status,
            "outputs": outputs,
            "error": "" if outputs else _error(document, found),
            "request_id": found.headers.get("x-request-id", ""),
            "milliseconds": round(found.seconds * 1000, 2),
        }


def _outputs(document: object) -> list[dict[str, Any]]:
    """Return the outputs of one row; what has another form is shown as it came."""
    listed = document.get("outputs") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        return []
    found = []
    for one in listed:
        data = one.get("data") if isinstance(one, dict) else one
        value = data[0] if isinstance(data, list) and len(data) == 1 else data
        found.append({"name": str(one.get("name", "")) if isinstance(one, dict) else "", "value": value})
    return found


def _error(document: object, found: Sent) -> str:
    """Return why there are no outputs, as the service or the gateway says it."""
    said = document.get("error") or document.get("detail") if isinstance(document, dict) else None
    text = said if isinstance(said, str) else found.body.decode("utf-8", "replace")
    return text[:LONGEST_ERROR] or f"an empty answer with the status {found.status}"
