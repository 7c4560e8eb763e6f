"""Who may call the admin side: programs, and its own pages, but no page that a visitor brings along."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse

from gateway.control.access.listening import LOCAL, Listening
from gateway.control.guard import HSTS, SECURITY_HEADERS, Guard, refused
from gateway.routing.addresses import Address
from gateway.routing.admin_settings import AdminSettings
from gateway.routing.settings import Certificate

if TYPE_CHECKING:
    from tests.control.conftest import Control

HOST = "127.0.0.1:9090"
SECURE = Listening(
    Address("0.0.0.0", 9090),
    AdminSettings(hosts=("gateway.example",), tls=Certificate("a.pem", "a.key")),
)


def status(
    method: str, *fields: tuple[str, str], path: str = "/api/v1/rollback", at: Listening = LOCAL
) -> int | None:
    """The status of the refusal, None where the request passes."""
    headers = Headers(raw=[(name.encode(), value.encode()) for name, value in fields])
    scope: dict[str, Any] = {"method": method, "path": path, "server": ("127.0.0.1", 9090)}
    refusal = refused(scope, headers, at)
    return None if refusal is None else refusal.status


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "POST"])
def test_a_page_with_its_own_name_for_this_machine_is_refused(method: str) -> None:
    """DNS rebinding shows in the Host header, reading included; so does a request without or with two."""
    assert status(method, ("host", "evil.example:9090")) == 421
    assert status(method) == 421
    assert status(method, ("host", HOST), ("host", HOST)) == 421
    assert status(method, ("host", HOST)) is None
    assert status(method, ("host", "gateway.example")) == 421
    assert status(method, ("host", "gateway.example"), at=SECURE) is None


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:8000", f"https://{HOST}", ""]
)
def test_a_page_of_another_origin_cannot_change_anything(origin: str) -> None:
    """Another host, port or scheme is another origin; reading is left to the browser's own rule."""
    assert status("POST", ("host", HOST), ("origin", origin)) == 403
    assert status("PUT", ("host", HOST), ("origin", origin)) == 403
    assert status("DELETE", ("host", HOST), ("origin", f"http://{HOST}"), ("origin", origin)) == 403
    assert status("GET", ("host", HOST), ("origin", origin)) is None


def test_a_page_of_the_same_origin_may_change() -> None:
    """The gateway's own pages can use the API, by the scheme that the port speaks."""
    own = [("host", "localhost:9090"), ("origin", "http://localhost:9090"), ("sec-fetch-site", "same-origin")]
    assert status("POST", *own) is None
    secure = [("host", "gateway.example"), ("origin", "https://gateway.example")]
    assert status("POST", *secure, at=SECURE) is None
    assert status("POST", *own, at=SECURE) == 403
    behind = Listening(settings=AdminSettings(hosts=("gateway.example",)), without_tls=True)
    assert status("POST", *secure, at=behind) is None


@pytest.mark.parametrize(
    ("site", "expected"), [("cross-site", 403), ("same-site", 403), ("same-origin", None), ("none", None)]
)
def test_the_browser_s_own_word_is_believed(site: str, expected: int | None) -> None:
    """Sec-Fetch-Site cannot be forged by a page."""
    assert status("POST", ("host", HOST), ("sec-fetch-site", site)) == expected


def test_a_cookie_alone_is_not_enough_for_a_change() -> None:
    """A browser too old to say where a request comes from could be made to send it; so is logging in."""
    cookie = [("host", HOST), ("cookie", "gateway_session=x")]
    assert status("POST", *cookie) == 403
    assert status("GET", *cookie) is None
    assert status("POST", *cookie, ("sec-fetch-site", "same-origin")) is None
    assert status("POST", *cookie, ("origin", f"http://{HOST}")) is None
    assert status("POST", ("host", HOST), path="/login") == 403
    assert status("POST", ("host", HOST), ("origin", f"http://{HOST}"), path="/login") is None


def test_a_path_with_a_zero_byte_is_none() -> None:
    """Files cannot be asked for by it, and what opens them would raise."""
    assert status("GET", ("host", HOST), path="/static/a\0.js") == 404


def test_the_unix_socket_passes() -> None:
    """No page can open it, and programs call it by any name."""
    scope = {"method": "POST", "path": "/", "server": ("/run/admin.sock", None)}
    assert refused(scope, Headers({"host": "gateway", "origin": "null"}), LOCAL) is None


@pytest.mark.parametrize(
    ("listening", "host", "told"),
    [(SECURE, "gateway.example", HSTS), (SECURE, "localhost", None), (LOCAL, "localhost", None)],
)
async def test_a_name_that_speaks_tls_is_remembered_by_browsers(
    listening: Listening, host: str, told: str | None
) -> None:
    """But for localhost it would hold for the ports of everybody else."""
    guarded = Guard(PlainTextResponse("well"), listening)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=guarded)) as client:
        answer = await client.get(f"http://{host}/")
    assert answer.headers.get("strict-transport-security") == told
    assert answer.headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize("path", ["/healthz", "/nowhere", "/api/v1/routes/none/weights", "/metrics"])
def test_every_answer_is_marked(control: Control, path: str) -> None:
    """Answers and refusals alike are not to be sniffed, framed, cached or run."""
    found = control.ask("GET", path).headers
    assert {name: found.get(name) for name in SECURITY_HEADERS} == SECURITY_HEADERS
    assert found["referrer-policy"] == "same-origin"  # with no-referrer, a form is sent with "Origin: null"


def test_refusals_are_problems_and_marked_as_well(control: Control) -> None:
    """What the guard refuses over a real connection says why and carries the same headers."""
    found = control.ask("GET", "/healthz", headers={"host": "evil.example"})
    assert found.status == 421
    assert found.headers["content-type"] == "application/problem+json"
    assert "evil.example" in found.json["detail"]
    assert found.headers["x-content-type-options"] == "nosniff"


def test_a_refused_change_changes_nothing(control: Control) -> None:
    """A cross-site post to the rollback leaves the weights as they are."""
    found = control.ask("POST", "/api/v1/rollback", headers={"origin": "http://evil.example"})
    assert found.status == 403
    assert control.site.live() == 1
