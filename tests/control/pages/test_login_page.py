"""The way in for people, as a browser without scripts goes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.control.access.identity import COOKIE
from gateway.control.access.lockout import FAILURES
from gateway.control.access.sessions import IDLE, LIFE
from gateway.control.access.tokens import Grant, parts
from tests.control.access.entrance import Entrance, at


@pytest.fixture
def entrance(tmp_path: Path) -> Entrance:
    """An entrance that asks who comes."""
    return at(tmp_path)


def token(entrance: Entrance) -> str:
    """An operator's token."""
    return entrance.access.tokens.create("ann", Grant("operator"), "cli:ann")[1]


async def test_a_token_is_exchanged_for_a_session(entrance: Entrance) -> None:
    """The cookie is for this site and not for scripts; the token is in no answer."""
    browser = entrance.client()
    form = await browser.get("/login")
    assert (form.status_code, 'action="/login"' in form.text) == (200, True)
    text = token(entrance)
    answer = await browser.post("/login", data={"token": f" {text}\n"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    name, _, rest = cookie.partition("=")
    assert (name, rest.partition("; ")[2]) == (COOKIE, "HttpOnly; Path=/; SameSite=strict")
    assert parts(text)[1] not in answer.text + cookie
    assert (await browser.get("/")).json() == {"who": "token:ann", "kind": "session"}


@pytest.mark.parametrize("is_open", [True, False])
async def test_an_open_side_says_that_nobody_is_asked(entrance: Entrance, is_open: bool) -> None:
    """Whoever reads the form would think a token is needed."""
    entrance.is_open = is_open
    assert ("Nobody is asked" in (await entrance.client().get("/login")).text) is is_open


async def test_over_tls_the_cookie_is_bound_to_the_host(entrance: Entrance) -> None:
    """By its name, which browsers take as a promise."""
    browser = entrance.client(scheme="https")
    answer = await browser.post("/login", data={"token": token(entrance)})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"__Host-{COOKIE}=")
    assert cookie.endswith("; HttpOnly; Path=/; SameSite=strict; Secure")
    assert (await browser.get("/")).status_code == 200


async def test_a_session_that_was_put_into_a_browser_is_not_taken_over(entrance: Entrance) -> None:
    """Fixation: who logs in gets a new one, and the one there before, chosen or stolen, is nobody."""
    text = token(entrance)
    thief, browser = entrance.client(), entrance.client()
    await thief.post("/login", data={"token": text})
    for planted in ("chosen", thief.cookies[COOKIE]):
        answer = await browser.post("/login", data={"token": text}, headers={"cookie": f"{COOKIE}={planted}"})
        assert answer.headers["set-cookie"].partition(";")[0] != f"{COOKIE}={planted}"
        found = await entrance.client().get("/", headers={"cookie": f"{COOKIE}={planted}"})
        assert found.status_code == 303


async def test_a_log_out_ends_the_session_itself(entrance: Entrance) -> None:
    """The cookie goes, and a copy of it is worth nothing."""
    browser = entrance.client()
    await browser.post("/login", data={"token": token(entrance)})
    copy = browser.cookies[COOKIE]
    answer = await browser.post("/logout")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert COOKIE not in browser.cookies
    found = await entrance.client().get("/", headers={"cookie": f"{COOKIE}={copy}"})
    assert found.status_code == 303
    assert (await browser.post("/logout")).status_code == 303


async def test_a_session_ends_by_itself(entrance: Entrance) -> None:
    """After an hour without a request, and after half a day whatever is done."""
    browser = entrance.client()
    text = token(entrance)
    await browser.post("/login", data={"token": text})
    entrance.clock.at += IDLE
    assert (await browser.get("/")).status_code == 303
    await browser.post("/login", data={"token": text})
    start = entrance.clock.at
    while entrance.clock.at - start < LIFE:
        assert (await browser.get("/")).status_code == 200
        entrance.clock.at += IDLE / 2
    assert (await browser.get("/")).status_code == 303


async def test_a_wrong_token_is_told_beside_the_form(entrance: Entrance) -> None:
    """Without saying it again; after ten of them the form says how long to wait."""
    browser = entrance.client()
    found = [await browser.post("/login", data={"token": "<b>wrong</b>"}) for _ in range(FAILURES + 1)]
    assert [answer.status_code for answer in found] == [401] * FAILURES + [429]
    assert 'role="alert"' in found[0].text
    assert "wrong</b>" not in found[0].text
    assert found[-1].headers["retry-after"] == "300"
    assert "too many wrong tokens" in found[-1].text
    assert not any("set-cookie" in answer.headers for answer in found)
    assert [event[0] for event in entrance.events] == ["login"] * FAILURES


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b'{"token": "a"}', "application/json", 415),
        (b"token=" + b"a" * 5000, "application/x-www-form-urlencoded", 413),
        (b"token=%ff%00&" + b"&" * 4000, "application/x-www-form-urlencoded", 401),
        (b"", "application/x-www-form-urlencoded", 401),
        (b"\xff\xfe=", "application/x-www-form-urlencoded", 401),
    ],
)
async def test_what_is_no_form_is_refused(entrance: Entrance, content: bytes, kind: str, status: int) -> None:
    """And never a mistake of ours."""
    answer = await entrance.client().post("/login", content=content, headers={"content-type": kind})
    assert answer.status_code == status
