"""Requests, queries and courses over the admin API."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from gateway.audit.read import latest
from gateway.control.access.listening import Listening
from gateway.control.access.token_store import TokenStore
from gateway.control.access.tokens import Grant
from gateway.control.app import build_app
from gateway.control.problems import Refusal
from gateway.control.queries import api as query_api
from gateway.control.queries.api import QueryApi
from gateway.control.queries.models import QUERY_MOST, FoundRequests, QueryAnswer, WholeRequest
from gateway.control.queries.process import Question
from gateway.control.trail.watch import Audited
from gateway.requestlog.policy import LogSettings
from gateway.requestlog.secrets import Secrets
from gateway.routing.admin_settings import AdminSettings
from tests.control import logged
from tests.control.asgi_client import Asked, ask
from tests.control.logged import asked, record
from tests.waiting import BOUND

if TYPE_CHECKING:
    from tests.control.conftest import Site

COUNT = {"sql": "SELECT count(*) AS n FROM requests"}


def answering(monkeypatch: pytest.MonkeyPatch, *contents: bytes) -> list[Question]:
    """Have queries answered at once, without a process; return what is asked."""
    found: list[Question] = []

    async def ask(question: Question) -> tuple[bool, bytes]:
        found.append(question)
        return True, contents[0]

    monkeypatch.setattr(query_api, "ask", ask)
    return found


async def test_requests_are_found_page_by_page(site: Site) -> None:
    """Newest first, each once, also where several came at one moment; one has everything about it."""
    logged.write(site.places, *(record(number, ts=logged.BEGIN + number // 4) for number in range(10)))
    routes = QueryApi(site.places).routes()
    seen: list[int] = []
    before: str | None = ""
    while before is not None:
        found = await asked(routes, f"/api/v1/requests?limit=3&before={before}")
        page = FoundRequests.model_validate(found.json())
        seen += [int(one.id, 16) for one in page.requests]
        before = page.next
    assert seen == list(range(9, -1, -1))
    one = WholeRequest.model_validate((await asked(routes, f"/api/v1/requests/{7:032x}")).json())
    assert (one.inputs["month"], one.outputs["late_probability"]) == ([7], [0.25])


async def test_a_query_is_answered_as_json_or_as_csv(site: Site) -> None:
    """Whichever is asked for; JSON where both are."""
    logged.write(site.places, record(0, path="=1+1"))
    routes = QueryApi(site.places).routes()
    body = {"sql": "SELECT path, status FROM requests"}
    found = QueryAnswer.model_validate((await asked(routes, "/api/v1/query", body)).json())
    assert (found.columns, found.rows, found.truncated) == (["path", "status"], [["=1+1", 200]], False)
    csv = await asked(routes, "/api/v1/query", body, {"accept": "text/csv"})
    assert csv.headers["content-type"].startswith("text/csv")
    assert "attachment" in csv.headers["content-disposition"]
    assert csv.text == "path,status\r\n'=1+1,200\r\n"


async def test_both_formats_wanted_is_json(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a browser's script asks that takes either."""
    asked_for = answering(monkeypatch, b"{}")
    routes = QueryApi(site.places).routes()
    for accept, as_csv in (("text/csv, application/json", False), ("TEXT/CSV;q=0.9", True), ("*/*", False)):
        await asked(routes, "/api/v1/query", COUNT, {"accept": accept})
        assert asked_for[-1].as_csv is as_csv


async def test_queries_wait_for_their_turn_whoever_asks(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two run, eight wait, and the next one is told to come again; all the others are answered."""
    going, running, most = asyncio.Event(), 0, 0

    async def ask(_: Question) -> tuple[bool, bytes]:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await going.wait()
        running -= 1
        return False, b"{}"

    monkeypatch.setattr(query_api, "ask", ask)
    routes = QueryApi(site.places).routes()
    every = [asyncio.create_task(asked(routes, "/api/v1/query", COUNT)) for _ in range(11)]
    [refused], _ = await asyncio.wait(every, return_when=asyncio.FIRST_COMPLETED)
    assert (refused.result().status_code, refused.result().headers["retry-after"]) == (429, "2")
    going.set()
    assert sorted([(await one).status_code for one in every]) == [200] * 10 + [429]
    assert most == 2


async def test_a_users_own_key_becomes_what_the_log_has(site: Site) -> None:
    """From a body; what cannot be is said without repeating the key, for refusals are remembered."""
    routes = QueryApi(site.places).routes()
    none_yet = await asked(routes, "/api/v1/pseudonym", {"key": "anna@example.org"})
    assert (none_yet.status_code, "anna@example.org" in none_yet.text) == (404, False)
    secrets = Secrets.load(site.places.log, LogSettings(), site.places.state)
    found = await asked(routes, "/api/v1/pseudonym", {"key": "anna@example.org"})
    assert found.json() == {"pseudonym": secrets.pseudonym(b"anna@example.org")}
    logged.write(site.places, record(0, key=found.json()["pseudonym"]), record(1))
    listed = await asked(routes, f"/api/v1/requests?key={found.json()['pseudonym']}")
    assert [int(one["id"], 16) for one in listed.json()["requests"]] == [0]
    for path, body in (
        ("/api/v1/requests?key=anna@example.org", None),
        ("/api/v1/pseudonym", {"key": ["anna@example.org"]}),
        ("/api/v1/pseudonym", {"key": "anna@example.org" * 2_000}),
    ):
        refused = await asked(routes, path, body)
        assert (refused.status_code, "anna@example.org" in refused.text) == (400, False)


async def test_who_turns_keys_into_pseudonyms_is_recorded_and_slowed_down(site: Site) -> None:
    """Each call with the pseudonym alone; a list of users cannot be tried in a minute, nor by a viewer."""
    Secrets.load(site.places.log, LogSettings(), site.places.state)
    app = build_app(site.places, lambda: None, Listening(settings=AdminSettings("required")))
    assert isinstance(app, Audited)
    tokens = TokenStore(site.places.access)

    async def tried(token: str) -> Asked:
        headers = {"content-type": "application/json", "authorization": f"Bearer {token}"}
        return await ask(app, "POST", "/api/v1/pseudonym", headers, b'{"key": "anna@example.org"}')

    _, viewer = tokens.create("viewer", Grant("viewer"), "test")
    _, ann = tokens.create("ann", Grant("operator"), "test")
    _, bob = tokens.create("bob", Grant("operator"), "test")
    assert (await tried(viewer)).status == 403
    answers = [await tried(ann) for _ in range(query_api.KEYS_OFTEN + 1)]
    assert [answer.status for answer in answers] == [200] * query_api.KEYS_OFTEN + [429]
    assert 0 < int(answers[-1].headers["retry-after"]) <= 60
    assert (await tried(bob)).status == 200
    assert app.recorder.close(BOUND)
    found = latest(site.places.audit, 99, what="pseudonym")
    assert [one["result"] for one in found].count("done") == query_api.KEYS_OFTEN + 1
    assert (found[0]["who"], found[0]["after"]) == ("token:bob", json.loads(answers[0].content))
    assert "anna@example.org" not in json.dumps(found)


async def test_a_client_that_leaves_takes_its_query_along(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And there is room for another one."""
    cancelled, begun = asyncio.Event(), asyncio.Event()

    async def ask(_: Question) -> tuple[bool, bytes]:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()
        raise AssertionError

    monkeypatch.setattr(query_api, "ask", ask)
    api = QueryApi(site.places)
    messages: list[dict[str, Any]] = [
        {"type": "http.request", "body": b'{"sql": "SELECT 1"}'},
        {"type": "http.disconnect"},
    ]

    async def receive() -> dict[str, Any]:
        if len(messages) == 1:
            await begun.wait()
        return messages.pop(0)

    async def send(_: Any) -> None:
        pass

    headers = [(b"content-type", b"application/json")]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/v1/query",
        "headers": headers,
        "query_string": b"",
    }
    [handler] = [route.app for route in api.routes() if route.path == "/api/v1/query"]
    with pytest.raises(Refusal, match="left before"):
        await handler(scope, receive, send)
    assert cancelled.is_set()


@pytest.mark.parametrize(
    ("path", "body", "status", "told"),
    [
        ("/api/v1/requests?route=%3Cb%3E&colour=1", None, 400, "unknown query parameter"),
        ("/api/v1/requests?limit=501", None, 400, "from 1 to 500"),
        ("/api/v1/requests/nothing", None, 404, "the log has no request nothing"),
        ("/api/v1/query", {"sql": ""}, 400, "sql"),
        ("/api/v1/query", {"sql": "x" * 20_001}, 400, "sql"),
        ("/api/v1/query", {"sql": "SELECT 1", "limit": QUERY_MOST + 1}, 400, "limit"),
        ("/api/v1/query", {"sql": "SELECT 1", "limit": 1.5}, 400, "limit"),
        ("/api/v1/query", {"query": "SELECT 1"}, 400, "unknown key"),
        ("/api/v1/monitors/nowhere/course", None, 404, "nowhere"),
        ("/api/v1/monitors/late/course?windows=49", None, 400, "from 1 to 48"),
        ("/api/v1/monitors/late/course?window=4", None, 400, "did you mean 'windows'"),
    ],
)
async def test_what_makes_no_sense_is_refused(
    site: Site, path: str, body: Any, status: int, told: str
) -> None:
    """With what to do about it."""
    found = await asked(QueryApi(site.places).routes(), path, body)
    assert (found.status_code, found.headers["content-type"]) == (status, "application/problem+json")
    assert told in found.json()["detail"]


async def test_a_mistake_in_a_query_comes_with_its_place(site: Site) -> None:
    """For whoever shows it beside the text."""
    found = await asked(QueryApi(site.places).routes(), "/api/v1/query", {"sql": "SELECT 1,,2"})
    assert (found.status_code, found.json()["line"], found.json()["column"]) == (422, 1, 10)


async def test_before_anything_was_watched_there_is_no_course(site: Site) -> None:
    """And that is no error."""
    found = await asked(QueryApi(site.places).routes(), "/api/v1/monitors/late/course")
    assert found.json() == {"route": "late", "series": [], "spreads": []}
