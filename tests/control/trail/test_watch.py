"""Every refused attempt and every change at the admin side has an entry, by whoever it was answered."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import pytest

from gateway.audit.event import Attempt
from gateway.audit.read import latest
from gateway.audit.throttle import TOLD
from gateway.control.access.roles import Principal
from gateway.control.app import build_app
from gateway.control.trail.watch import Audited, action_of, event_of
from gateway.files import held
from tests.control.asgi_client import ask
from tests.waiting import BOUND

if TYPE_CHECKING:
    from tests.control.conftest import Site

JSON = {"content-type": "application/json"}


def app_of(site: Site) -> Audited:
    """Return the admin side."""
    app = build_app(site.places, lambda: None)
    assert isinstance(app, Audited)
    return app


def entries(site: Site, app: Audited | None = None) -> list[dict[str, Any]]:
    """Return the entries, newest first, once the app has written its own."""
    if app is not None:
        assert app.recorder.close(BOUND)
    return latest(site.places.audit, 99)


async def put(site: Site, body: object, **headers: str) -> int:
    """Try to change the weights of `late`."""
    app = app_of(site)
    content = json.dumps(body).encode()
    answer = await ask(app, "PUT", "/api/v1/routes/late/weights", {**JSON, **headers}, content)
    assert app.recorder.close(BOUND)
    return answer.status


async def test_a_change_is_recorded_once_and_whole(site: Site) -> None:
    """By what makes it: with what was before and after, and where it came from."""
    assert await put(site, {"weights": {"blue": 1, "canary": 1}, "reason": "half"}) == 200
    first, *others = entries(site)
    assert len(others) == 1  # the start
    assert (first["what"], first["who"], first["why"]) == ("set-weight", "api:127.0.0.1", "half")
    assert (first["from"], first["route"]) == ("127.0.0.1", "late")
    assert first["before"]["routes"]["late"]["weights"]["canary"] == 10.0
    assert first["after"]["routes"]["late"]["weights"]["canary"] == 50.0


async def test_each_refused_change_is_recorded_once(site: Site) -> None:
    """Stale, impossible, malformed: with its author, its reason as far as it was read, and the answer."""
    assert await put(site, {"weights": {"blue": 1}, "reason": "late"}, **{"if-match": '"7"'}) == 412
    assert await put(site, {"weights": {"nope": 1}, "reason": "typo"}) == 422
    assert await put(site, {"weigts": {}}) == 400
    told = [(one["result"], one["what"], one["route"], one["why"]) for one in entries(site)]
    assert told[:-1] == [
        ("refused", "set-weight", "late", ""),
        ("refused", "set-weight", "late", "typo"),
        ("refused", "set-weight", "late", "late"),
    ]
    assert entries(site)[0]["detail"].startswith("400: unknown key")


@pytest.mark.parametrize(
    ("method", "headers", "status", "what"),
    [
        ("GET", {"host": "evil.example"}, 421, "GET /api/v1/status"),
        ("GET", {"authorization": "Bearer gw_aaaaaaaa_bbbb"}, 401, "authenticate-failed"),
        ("POST", {"origin": "http://evil.example"}, 403, "POST /api/v1/rollback"),
    ],
)
async def test_whoever_may_not_is_recorded(
    site: Site, method: str, headers: dict[str, str], status: int, what: str
) -> None:
    """A foreign name, a wrong token, a foreign page; nothing secret is in the entry."""
    app = app_of(site)
    path = "/api/v1/status" if method == "GET" else "/api/v1/rollback"
    assert (await ask(app, method, path, headers)).status == status
    first = entries(site, app)[0]
    assert (first["who"], first["result"], first["what"]) == ("unknown", "refused", what)
    assert first["detail"].startswith(f"{status}: ")
    assert "bbbb" not in str(first)


async def test_what_only_reads_is_not_recorded(site: Site) -> None:
    """Nor what is not there."""
    app = app_of(site)
    for path in ("/api/v1/status", "/healthz", "/nothing"):
        await ask(app, "GET", path)
    assert len(entries(site, app)) == 1


async def test_a_flood_is_counted(site: Site) -> None:
    """Some entries, then one that says how many more there were, whatever paths were tried."""
    app = app_of(site)
    for number in range(TOLD + 7):
        await ask(app, "GET", f"/{number}", {"host": "evil.example"})
    first, *others = entries(site, app)
    assert len(others) == TOLD + 1
    assert (first["what"], first["from"]) == ("requests answered 421", "127.0.0.1")
    assert first["detail"] == "7 more of these within a minute, without an entry each"


async def test_no_answer_waits_for_the_trail(site: Site) -> None:
    """While somebody holds it, refusals and failed changes are answered; their entries follow."""
    app = app_of(site)
    taken, let_go = threading.Event(), threading.Event()

    def hold() -> None:
        with held(site.places.audit / "lock", 1.0):
            taken.set()
            let_go.wait(BOUND)

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        assert taken.wait(BOUND)
        path, body = "/api/v1/routes/late/weights", b'{"weights": {"nope": 1}, "reason": "typo"}'
        assert (await ask(app, "PUT", path, JSON, body)).status == 422
        assert (await ask(app, "GET", "/", {"host": "evil.example"})).status == 421
        assert not app.recorder.close(0.0)
        assert len(entries(site)) == 1  # the start
    finally:
        let_go.set()
        holder.join()


async def test_silences_say_of_what(site: Site) -> None:
    """The rule, the route and the end, each of them: what was done is never throttled."""
    app = app_of(site)
    body = json.dumps({"rule": "input-drift", "route": "late", "seconds": 60, "reason": "a holiday"}).encode()
    for _ in range(TOLD + 2):
        answer = await ask(app, "POST", "/api/v1/silences", JSON, body)
        assert answer.status in (200, 201)
    first, *others = entries(site, app)
    assert len(others) == TOLD + 2
    assert (first["what"], first["route"], first["why"]) == ("silence", "late", "a holiday")
    assert (first["after"]["rule"], first["after"].keys()) == ("input-drift", {"rule", "until"})


def test_a_change_that_records_nothing_itself_is_recorded_all_the_same() -> None:
    """What a viewer may send is no change, and what was recorded is not recorded again."""
    ann = Principal("token:ann", "admin", "token")
    change = Attempt("socket", "add-silence", "late", "a holiday", is_change=True)
    event = event_of(change, ann, "POST", 200)
    assert event is not None
    assert (event.who, event.what, event.why, event.result) == (
        "token:ann",
        "add-silence",
        "a holiday",
        "done",
    )
    failed = event_of(change, ann, "POST", 503)
    assert failed is not None
    assert failed.result == "failed"
    assert event_of(Attempt("socket", "query"), ann, "POST", 200) is None
    assert event_of(Attempt("socket", "rollback", recorded=1, is_change=True), ann, "POST", 422) is None


def test_operations_have_the_names_of_history() -> None:
    """So that the trail can be searched by what the verbs are called."""
    assert [action_of(name) for name in ("setWeights", "rollBackAll", "addSilence")] == [
        "set-weight",
        "rollback",
        "add-silence",
    ]
