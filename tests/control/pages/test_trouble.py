"""Refusals as pages for people, and as problem details for programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from gateway.control.access.listening import LOCAL
from gateway.control.access.roles import Principal
from gateway.control.app import build_app
from gateway.control.pages.desk import CONTENT_POLICY, Desk
from gateway.control.pages.trouble import Readable, told, wants_page
from gateway.control.problems import MEDIA_TYPE, Refusal
from gateway.routing.places import Places
from tests.control.asgi_client import Asked, ask

if TYPE_CHECKING:
    from tests.control.conftest import Site

TEMPLATES = Desk(Places(Path()), lambda: None).templates
BROWSER = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


async def asked(site: Site, method: str, path: str, **headers: str) -> Asked:
    """Ask the admin side as a browser does, unless other headers are given."""
    return await ask(build_app(site.places, lambda: None, LOCAL), method, path, {**BROWSER, **headers})


@pytest.mark.parametrize(
    ("method", "path", "status", "title"),
    [
        ("GET", "/nowhere", 404, "There is no such page"),
        ("GET", "/routes/lat/weights", 404, "There is no such page"),
        ("GET", "/history?befor=3", 400, "This address asks for something"),
        ("POST", "/history", 405, "This page cannot be used like that"),
    ],
)
async def test_a_person_gets_a_page(site: Site, method: str, path: str, status: int, title: str) -> None:
    """With the status, the way on, and the policy of pages."""
    found = await asked(site, method, path)
    text = found.content.decode()
    assert (found.status, found.media_type) == (status, "text/html")
    assert f"<h1>{title}" in text
    assert 'aria-label="Pages"' in text
    assert 'href="/history"' in text
    assert found.headers["content-security-policy"] == CONTENT_POLICY
    assert found.headers["x-frame-options"] == "DENY"
    assert int(found.headers["content-length"]) == len(found.content)


@pytest.mark.parametrize(
    ("path", "accept"),
    [
        ("/api/v1/nothing", BROWSER["accept"]),
        ("/api/v1/routes/lat/weights", BROWSER["accept"]),
        ("/nowhere", "*/*"),
        ("/nowhere", "application/json"),
        ("/nowhere", "text/event-stream"),
    ],
)
async def test_a_program_gets_problem_details(site: Site, path: str, accept: str) -> None:
    """And the API gives nothing else, whatever is accepted."""
    found = await asked(site, "GET", path, accept=accept)
    assert (found.status, found.media_type) == (404, MEDIA_TYPE)
    assert orjson.loads(found.content)["status"] == 404


async def test_a_strange_host_gets_a_page_before_anybody_is_known(site: Site) -> None:
    """The guard refuses, and what it says is escaped."""
    found = await asked(site, "GET", "/", host="<b>evil</b>")
    assert (found.status, found.media_type) == (421, "text/html")
    assert b"<b>evil" not in found.content


@given(st.text(max_size=60))
def test_nothing_given_is_unescaped(given_text: str) -> None:
    """What somebody sends stays a text, character by character."""
    detail = f"x{given_text}<script>"
    values = {**told({"type": "http", "method": "GET"}, problem(404, detail)), "title": "t"}
    page = TEMPLATES.get_template("trouble.html").render(
        **values, tabs=(), path="/", who="", can_operate=False, is_admin=False, has_session=False
    )
    assert str(escape(f"X{detail[1:]}")) in page
    assert "<script>" not in page


def problem(status: int, detail: str) -> dict[str, object]:
    """A problem's document."""
    return {"status": status, "title": "No", "detail": detail}


@pytest.mark.parametrize(
    ("status", "principal", "login", "again"),
    [
        (401, None, True, False),
        (403, Principal("token:eve", "viewer", "session"), True, False),
        (403, Principal("api:127.0.0.1", "admin", "open"), False, False),
        (503, None, False, True),
        (500, None, False, True),
    ],
)
def test_the_next_step_is_offered(status: int, principal: Principal | None, login: bool, again: bool) -> None:
    """Log in where that would help, load again where it may pass."""
    scope = {"type": "http", "method": "GET", "principal": principal}
    found = told(scope, problem(status, "no"))
    assert (found["login"], found["again"]) == (login, again)
    assert found["next"].endswith(".")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_an_answer_in_pieces_is_put_together(site: Site, method: str) -> None:
    """And what is no problem passes as it is; HEAD has no body."""
    content = bytes(Refusal(503, "the disk is full", {"retry-after": "1"}).response().body)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", MEDIA_TYPE.encode()), (b"retry-after", b"1")]
        await send({"type": "http.response.start", "status": 503, "headers": headers})
        await send({"type": "http.response.body", "body": content[:9], "more_body": True})
        await send({"type": "http.response.body", "body": content[9:]})

    found = await ask(Readable(app, Desk(site.places, lambda: None)), method, "/", BROWSER)
    assert (found.status, found.headers["retry-after"]) == (503, "1")
    assert (b"The disk is full." in found.content) is (method == "GET")


def test_who_names_json_is_a_program() -> None:
    """A browser names HTML and never JSON."""
    assert wants_page(Headers(BROWSER))
    assert not wants_page(Headers({"accept": "text/html, application/json"}))
    assert not wants_page(Headers({}))


def test_a_person_is_told_in_names_that_they_know_and_nothing_twice() -> None:
    """What programs are told stays out of it, and what to do next is said once."""
    detail = "token:vera has the role viewer, and this needs admin; ask an admin for a token that may"
    found = told({"type": "http", "method": "GET"}, {"status": 403, "detail": detail})
    assert found["detail"] == "token vera has the role viewer, and this needs admin"
    assert found["next"].startswith("Ask an admin for a token that may")
    missing = {"status": 404, "detail": "there is nothing at /x; /openapi.json lists what there is"}
    assert told({"type": "http", "method": "GET"}, missing)["detail"] == "there is nothing at /x"
