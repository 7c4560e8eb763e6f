"""Who may call the admin side: programs of this machine, not pages in its browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from starlette.datastructures import Headers

from gateway.control.guard import SECURITY_HEADERS, is_loopback, refused

if TYPE_CHECKING:
    from tests.control.conftest import Control

LOCAL = "127.0.0.1:9090"


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "localhost:", "LOCALHOST:80", "localhost:9090", "[::1]", "[::1]:9090"),
        *("127.0.0.1", "127.0.0.1:9090", "127.1.2.3:1"),
    ],
)
def test_names_of_this_machine(host: str) -> None:
    """Loopback addresses and localhost pass, with any port and without."""
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [
        *("", ":9090", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1:9090"),
        *("localhost@evil.example", "evil.example#localhost", "localhost,evil", "localhost:x", "localhost:٣"),
        *("::1", "[::1", "[::1]x", "[127.0.0.1]:1", "[::2]", "0.0.0.0:9090", "127.1", "2130706433"),
    ],
)
def test_names_of_others(host: str) -> None:
    """What merely looks like this machine does not pass."""
    assert not is_loopback(host)


def status(method: str, *fields: tuple[str, str]) -> int | None:
    """The status of the refusal, None where the request passes."""
    headers = Headers(raw=[(name.encode(), value.encode()) for name, value in fields])
    refusal = refused(method, headers)
    return None if refusal is None else refusal.status


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "POST"])
def test_a_page_with_its_own_name_for_this_machine_is_refused(method: str) -> None:
    """DNS rebinding shows in the Host header, reading included; so does a request without or with two."""
    assert status(method, ("host", "evil.example:9090")) == 421
    assert status(method) == 421
    assert status(method, ("host", LOCAL), ("host", LOCAL)) == 421
    assert status(method, ("host", LOCAL)) is None


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:8000", f"https://{LOCAL}", ""]
)
def test_a_page_of_another_origin_cannot_change_anything(origin: str) -> None:
    """Another host, port or scheme is another origin; reading is left to the browser's own rule."""
    assert status("POST", ("host", LOCAL), ("origin", origin)) == 403
    assert status("PUT", ("host", LOCAL), ("origin", origin)) == 403
    assert status("GET", ("host", LOCAL), ("origin", origin)) is None


def test_a_page_of_the_same_origin_may_change() -> None:
    """The gateway's own pages can use the API."""
    own = [("host", "localhost:9090"), ("origin", "http://localhost:9090"), ("sec-fetch-site", "same-origin")]
    assert status("POST", *own) is None


@pytest.mark.parametrize(
    ("site", "expected"), [("cross-site", 403), ("same-site", 403), ("same-origin", None), ("none", None)]
)
def test_the_browser_s_own_word_is_believed(site: str, expected: int | None) -> None:
    """Sec-Fetch-Site cannot be forged by a page."""
    assert status("POST", ("host", LOCAL), ("sec-fetch-site", site)) == expected


@pytest.mark.parametrize("path", ["/healthz", "/nowhere", "/api/v1/routes/none/weights", "/metrics"])
def test_every_answer_is_marked(control: Control, path: str) -> None:
    """Answers and refusals alike are not to be sniffed, framed, cached or run."""
    found = control.ask("GET", path).headers
    assert {name: found.get(name) for name in SECURITY_HEADERS} == SECURITY_HEADERS


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
