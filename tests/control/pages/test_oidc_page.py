"""The pages of logging in at a provider; a real one is in tests/control/access/test_oidc.py."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from gateway.control.access.oidc import CALLBACK, MOST_AT_ONCE, START, Oidc
from gateway.control.pages.oidc_page import COOKIE
from gateway.routing.admin_settings import OidcRoles, OidcSettings
from tests.control.access.bad_provider import BadProvider, misbehaving
from tests.control.access.entrance import Entrance, at

HERE = "http://localhost:9090"


@pytest.fixture
def bad() -> Iterator[BadProvider]:
    """A provider."""
    with misbehaving() as found:
        yield found


def entered(folder: Path, issuer: str, url: str = HERE) -> Entrance:
    """An entrance with a provider."""
    settings = OidcSettings(issuer, "gateway", "${NO_SUCH_VARIABLE}", url, OidcRoles(viewer=("v",)))
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


async def test_a_slow_provider_does_not_take_up_the_admin_side(tmp_path: Path, bad: BadProvider) -> None:
    """Beyond a few at a time people are told to try again."""
    entrance = entered(tmp_path, bad.issuer)
    assert entrance.oidc is not None
    for _ in range(MOST_AT_ONCE):
        await entrance.oidc._room.acquire()
    answer = await entrance.client().get(START)
    assert (answer.status_code, "too many are logging in" in answer.text) == (503, True)


async def test_without_a_provider_there_is_no_such_page(tmp_path: Path) -> None:
    """And no button."""
    browser = at(tmp_path).client()
    assert [(await browser.get(path)).status_code for path in (START, CALLBACK)] == [404, 404]
    assert START not in (await browser.get("/login")).text
