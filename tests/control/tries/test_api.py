"""Trying a route over the admin API."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from gateway.control.problems import Refusal
from gateway.control.tries import api as try_api
from gateway.control.tries import send as try_send
from gateway.control.tries.api import tried
from gateway.control.tries.models import NewTry
from gateway.errors import GatewayError
from gateway.outcall import CallFailed
from gateway.routing.auth_keys import OWN_KEY, ClientAuth
from gateway.routing.change import Request, commit
from gateway.routing.settings import Sticky
from tests.control.conftest import Site
from tests.waiting import BOUND

OUTPUTS = {"outputs": [{"name": "p", "datatype": "FP64", "shape": [1], "data": [0.25]}]}


class DataPlane:
    """Answers as a worker would; `said` are status, headers and body of the answers to come."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, dict[str, str], Any]] = []
        self.said: list[tuple[int, dict[str, str], bytes]] = []
        plane = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                plane.asked.append((self.command, self.path, headers, json.loads(body) if body else None))
                status, more, content = plane.said.pop(0) if plane.said else plane.usual(headers)
                self.send_response(status)
                for name, value in {**more, "content-length": str(len(content))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = _answer  # noqa: N815 - as the library calls them

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def usual(self, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        """Answer a prediction by the version that was asked for."""
        told = {"x-model-version": headers.get("x-preview", "blue"), "x-request-id": "ab" * 16}
        return 200, told, json.dumps(OUTPUTS).encode()


@pytest.fixture
def plane(site: Site) -> Iterator[DataPlane]:
    """The data plane of a site."""
    found = DataPlane()
    thread = threading.Thread(target=found.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    site.list_processes()
    about = json.loads(site.places.processes.read_text())
    about["listen"] = f"0.0.0.0:{found.server.server_address[1]}"
    site.places.processes.write_text(json.dumps(about))
    yield found
    found.server.shutdown()
    found.server.server_close()
    thread.join()


def change(site: Site, **more: Any) -> None:
    """Publish the first route with these settings."""
    commit(
        site.places,
        Request("set-weight", "test"),
        lambda plan: replace(plan, routes=(replace(plan.routes[0], **more), *plan.routes[1:])),
    )


def trial(site: Site, may_use_key: bool = True, **asked: Any) -> dict[str, Any]:
    """Try the first route."""
    return tried(site.places, "late", NewTry(**{"inputs": {"a": 1, "b": "x"}, **asked}), may_use_key)


def test_an_answer_is_told_with_its_version_why_and_when(site: Site, plane: DataPlane) -> None:
    """The request is Open Inference, at the path of the model, without a header that chooses."""
    [answer] = trial(site)["answers"]
    assert answer["version"] == "blue"
    assert answer["why"] == {"rule": "weights", "told": "drawn by the weights: blue has 90 %"}
    assert (answer["status"], answer["error"], answer["request_id"]) == (200, "", "ab" * 16)
    assert answer["outputs"] == [{"name": "p", "value": 0.25}]
    method, path, headers, body = plane.asked[-1]
    assert (method, path) == ("POST", "/v2/models/late/infer")
    assert "x-preview" not in headers
    assert body["inputs"][0] == {"name": "a", "datatype": "INT64", "shape": [1], "data": [1]}


def test_all_versions_or_one_are_asked_for_by_name(site: Site, plane: DataPlane) -> None:
    """Where requests may name them; what cannot be named is told."""
    found = trial(site, all=True)
    assert found["answers"] == []
    assert [one["version"] for one in found["not_tried"]] == ["blue", "green", "canary"]
    with pytest.raises(Refusal, match="give the route `preview"):
        trial(site, version="green")
    change(site, preview="x-preview")
    assert [one["version"] for one in trial(site, all=True)["answers"]] == ["blue", "green", "canary"]
    assert trial(site, version="green")["answers"][0]["why"]["rule"] == "preview"
    with pytest.raises(Refusal, match="has no version pink"):
        trial(site, version="pink")


def test_a_user_is_named_where_the_route_pins_users(site: Site, plane: DataPlane) -> None:
    """By the route's header; where nothing of the kind pins, it is refused."""
    with pytest.raises(Refusal, match="leave `user` out"):
        trial(site, user="ada")
    change(site, sticky=Sticky("header", "x-user-id"))
    assert trial(site, user="ada")["answers"][0]["why"]["rule"] in ("sticky", "fallback")
    assert plane.asked[-1][2]["x-user-id"] == "ada"


def test_a_route_with_keys_is_for_operators_and_takes_the_gateways_own(
    site: Site, plane: DataPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key that workers do not know yet is known to them in a moment."""
    monkeypatch.setattr(try_api, "KEY_WITHIN", BOUND)
    change(site, auth=ClientAuth("keys.txt"))
    with pytest.raises(Refusal, match="needs the role operator") as refused:
        trial(site, may_use_key=False)
    assert refused.value.status == 403
    assert plane.asked == []
    turned_away = (401, {"www-authenticate": "Bearer"}, b"{}")
    plane.said = [turned_away, turned_away]
    assert trial(site)["answers"][0]["status"] == 200
    key = site.places.run / OWN_KEY
    assert plane.asked[-1][2]["x-api-key"] == key.read_text()
    assert (key.stat().st_mode & 0o777, len(key.read_text())) == (0o600, 43)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b'{"error": "month: expected 1 to 12"}', "month: expected 1 to 12"),
        (b'{"detail": "too fast"}', "too fast"),
        (b"<h1>no</h1>", "<h1>no</h1>"),
        (b"", "an empty answer with the status 400"),
        (b"[" * 100_000, "[" * 2000),
    ],
)
def test_what_the_service_says_against_it_is_passed_on(
    site: Site, plane: DataPlane, body: bytes, error: str
) -> None:
    """In its own words, cut to what fits."""
    plane.said = [(200, {}, b"{}"), (400, {"x-model-version": "blue"}, body)]
    [answer] = trial(site)["answers"]
    assert (answer["status"], answer["error"], answer["outputs"]) == (400, error, [])


def test_an_answer_that_is_too_long_or_none_is_told(
    site: Site, plane: DataPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a trial that failed, not as a mistake of ours."""
    monkeypatch.setattr(try_send, "MOST_BYTES", 1000)
    plane.said = [(200, {}, b"{}"), (200, {}, b"x" * 1001)]
    with pytest.raises(CallFailed, match="longer than 1000 bytes"):
        trial(site)
    site.list_processes()
    with pytest.raises(CallFailed, match="could not be asked"):
        trial(site)
    site.places.processes.unlink()
    with pytest.raises((Refusal, GatewayError), match="no gateway is running"):
        trial(site)
