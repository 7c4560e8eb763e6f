"""The pages of logging in at a provider; a real one is in tests/control/access/test_oidc.py."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from gateway.control.access.lockout import FAILURES, LOCKED_FOR
from gateway.control.access.oidc import CALLBACK, START, Oidc
from gateway.control.pages.oidc_page import COOKIE
from gateway.http.header_lines import without_sessions
from gateway.routing.admin_settings import OidcRoles, OidcSettings
from tests.control.access.bad_provider import BadProvider, misbehaving
from tests.control.access.entrance import Entrance, at

HERE = "http://localhost:9090"


@pytest.fixture
def bad() -> Iterator[BadProvider]:
    """A provider."""
    with misbehaving() as found:
        yield found


def entered(folder: Path, issuer: str, url: str = HERE, secret: str = "${NO_SUCH_VARIABLE}") -> Entrance:
    """An entrance with a provider."""
    settings = OidcSettings(issuer, "gateway", secret, url, OidcRoles(viewer=("v",)))
    return at(folder, oidc=Oidc(settings, folder))


async def test_the_way_there_takes_a_cookie_along(tmp_path: Path, bad: BadProvider) -> None:
    """Lax, since the provider is another site; the button on the login page leads there."""
    browser = entered(tmp_path, bad.issuer).client()
    login = await browser.get("/login")
    assert f'href="{START}">Log in with {bad.issuer.removeprefix("http://")}' in login.text
    assert "<nav" not in login.text
    answer = await browser.get(START)
    asked = httpx.URL(answer.headers["location"])
    assert (answer.status_code, str(asked).partition("?")[0]) == (303, f"{bad.issuer}/ask")
    assert asked.params["code_challenge_method"] == "S256"
    assert asked.params["redirect_uri"] == HERE + CALLBACK
    name, _, rest = answer.headers["set-cookie"].partition("=")
    assert (name, rest.partition("; ")[2]) == (COOKIE, "HttpOnly; Max-Age=600; Path=/; SameSite=lax")


async def test_over_tls_the_cookie_is_bound_to_the_host(tmp_path: Path, bad: BadProvider) -> None:
    """Also where something before the gateway ends TLS."""
    browser = entered(tmp_path, bad.issuer, "https://localhost:9090").client()
    cookie = (await browser.get(START)).headers["set-cookie"]
    assert cookie.startswith(f"__Host-{COOKIE}=")
    assert cookie.endswith("; Secure")


async def test_who_calls_it_by_another_name_is_sent_to_its_own(tmp_path: Path, bad: BadProvider) -> None:
    """Once, for the cookie belongs to the name that the provider sends people back to."""
    browser = entered(tmp_path, bad.issuer, "https://gw.example").client()
    answer = await browser.get(START)
    assert answer.headers["location"] == f"https://gw.example{START}?here"
    assert (await browser.get(f"{START}?here")).headers["location"].startswith(bad.issuer)


async def test_a_provider_that_is_down_is_told(tmp_path: Path) -> None:
    """On a page that leads back to the login, where tokens work."""
    entrance = entered(tmp_path, "http://127.0.0.1:1")
    answer = await entrance.client().get(START)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "A token still lets you in" in answer.text
    assert entrance.events == []


async def test_what_comes_back_without_a_beginning_is_refused(tmp_path: Path, bad: BadProvider) -> None:
    """Whatever its cookie; nobody asks the provider for that."""
    browser = entered(tmp_path, bad.issuer).client()
    for cookie in ("", "a.b.c", "x"):
        headers = {"cookie": f"{COOKIE}={cookie}"}
        answer = await browser.get(f"{CALLBACK}?code=c&state=b", headers=headers)
        assert (answer.status_code, "begin again" in answer.text) == (403, True)
    assert bad.asked == []


async def test_a_secret_that_is_missing_is_told(tmp_path: Path, bad: BadProvider) -> None:
    """With the name of the variable."""
    browser = entered(tmp_path, bad.issuer).client()
    state = httpx.URL((await browser.get(START)).headers["location"]).params["state"]
    answer = await browser.get(CALLBACK, params={"code": "c", "state": state})
    assert (answer.status_code, "NO_SUCH_VARIABLE" in answer.text) == (503, True)


async def came_back(entrance: Entrance, peer: str) -> httpx.Response:
    """Begin a login from an address, and come back with a code that is none."""
    browser = entrance.client(peer=peer)
    state = httpx.URL((await browser.get(START)).headers["location"]).params["state"]
    return await browser.get(CALLBACK, params={"code": "bogus", "state": state})


def with_secret(folder: Path, bad: BadProvider) -> Entrance:
    """An entrance with a provider, and a secret in a file."""
    (folder / "secret").write_text("s")
    return entered(folder, bad.issuer, secret="./secret")


async def test_nobody_takes_up_all_logins(tmp_path: Path, bad: BadProvider) -> None:
    """Slow codes of one address wait by twos; others begin without asking anybody, and get in."""
    entrance = with_secret(tmp_path, bad)
    assert (await entrance.client().get(START)).status_code == 303
    bad.hang("/token")
    slow = [asyncio.create_task(came_back(entrance, "198.51.100.1")) for _ in range(6)]
    done, waiting = await asyncio.wait(slow, return_when=asyncio.FIRST_COMPLETED)
    while len(done) < 4:
        more, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        done |= more
    assert {(one.result().status_code, "too many are" in one.result().text) for one in done} == {(503, True)}
    other = entrance.client(peer="192.0.2.1")
    asked = httpx.URL((await other.get(START)).headers["location"])
    bad.say("/token", {"id_token": bad.token(asked.params["nonce"], groups=["v"])})
    query = {"code": "good", "state": asked.params["state"]}
    assert (await other.get(CALLBACK, params=query)).status_code == 200
    assert bad.asked.count("/.well-known/openid-configuration") == 1
    bad.released.set()
    assert {one.status_code for one in await asyncio.gather(*waiting)} == {403}


async def test_whoever_comes_with_codes_that_are_none_has_to_wait(tmp_path: Path, bad: BadProvider) -> None:
    """The provider is not asked for them any more; another address gets in."""
    entrance = with_secret(tmp_path, bad)
    bad.say("/token", {"error": "invalid_grant"}, 400)
    statuses = [(await came_back(entrance, "198.51.100.1")).status_code for _ in range(FAILURES + 3)]
    assert statuses == [403] * FAILURES + [429] * 3
    assert bad.asked.count("/token") == FAILURES
    answer = await came_back(entrance, "198.51.100.1")
    assert 0 < int(answer.headers["retry-after"]) <= LOCKED_FOR
    assert (await came_back(entrance, "192.0.2.1")).status_code == 403


async def test_a_secret_that_never_ends_keeps_nobody_waiting(tmp_path: Path, bad: BadProvider) -> None:
    """A pipe nobody writes into is not waited for, a device not read to its end."""
    os.mkfifo(tmp_path / "pipe")
    for number, secret in enumerate(("./pipe", "/dev/zero", "./")):
        entrance = entered(tmp_path, bad.issuer, secret=secret)
        answer = await came_back(entrance, f"192.0.2.{number}")
        assert (answer.status_code, "client_secret" in answer.text) == (503, True)
    assert bad.asked.count("/token") == 0


async def test_what_comes_back_hands_its_address_to_nobody(tmp_path: Path, bad: BadProvider) -> None:
    """Code and state stand in it: on the page that leads on, and where it is refused."""
    entrance = with_secret(tmp_path, bad)
    bad.say("/token", {"error": "invalid_grant"}, 400)
    assert (await came_back(entrance, "192.0.2.1")).headers["referrer-policy"] == "no-referrer"
    browser = entrance.client()
    asked = httpx.URL((await browser.get(START)).headers["location"])
    bad.say("/token", {"id_token": bad.token(asked.params["nonce"], groups=["v"])})
    answer = await browser.get(CALLBACK, params={"code": "good", "state": asked.params["state"]})
    assert (answer.status_code, answer.headers["referrer-policy"]) == (200, "no-referrer")


async def test_an_attempt_of_another_browser_is_of_no_use(tmp_path: Path, bad: BadProvider) -> None:
    """Its cookie is called like a session's, so that no service behind the gateway reads or sets it."""
    answer = await entered(tmp_path, bad.issuer).client().get(START)
    assert answer.headers["set-cookie"].startswith("gateway_session_oidc=")
    assert without_sessions(b"\r\nSet-Cookie: " + answer.headers["set-cookie"].encode() + b"\r\n") == b"\r\n"


async def test_without_a_provider_there_is_no_such_page(tmp_path: Path) -> None:
    """And no button."""
    browser = at(tmp_path).client()
    assert [(await browser.get(path)).status_code for path in (START, CALLBACK)] == [404, 404]
    assert START not in (await browser.get("/login")).text
