"""Logging in at a real identity provider (Canaille) over HTTP: who comes in, and what is turned away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from gateway.control.access.identity import COOKIE
from gateway.control.access.oidc import CALLBACK, START, Oidc, check_issuer
from gateway.control.access.oidc_web import Web
from gateway.control.problems import Refusal
from gateway.routing.admin_settings import OidcRoles, OidcSettings
from tests.control.access.canaille_provider import CLIENT, SECRET
from tests.control.access.entrance import Entrance, at
from tests.control.access.real_provider import logged_in, provider
from tests.waiting import BOUND

HERE = "http://localhost:9090"
ROLES = OidcRoles("groups", ("ml-leads",), ("on-call",), ("ml",))


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """The provider, one for all tests."""
    with provider(HERE + CALLBACK) as found:
        yield found


@pytest.fixture
def entrance(tmp_path: Path, issuer: str) -> Entrance:
    """An entrance with a provider, whose clock is the provider's."""
    (tmp_path / "secret").write_text(SECRET + "\n")
    scopes = ("openid", "profile", "email", "groups")
    settings = OidcSettings(issuer, CLIENT, "./secret", HERE, ROLES, scopes=scopes)
    return at(tmp_path, oidc=Oidc(settings, tmp_path))


@asynccontextmanager
async def browsing(entrance: Entrance) -> Any:
    """A browser: the dashboard is in this process, whatever else is on the network."""
    dashboard = httpx.ASGITransport(entrance.app(), client=("192.0.2.7", 1), raise_app_exceptions=True)
    async with httpx.AsyncClient(
        base_url=HERE, mounts={HERE: dashboard}, trust_env=False, timeout=BOUND
    ) as browser:
        yield browser


async def back(browser: httpx.AsyncClient, name: str, **changed: str) -> str:
    """Begin a login, log in at the provider, and return where it sends the browser; `changed` on the way."""
    begun = await browser.get(START)
    assert begun.status_code == 303, begun.text
    asked = httpx.URL(begun.headers["location"]).copy_merge_params(changed)
    return await logged_in(browser, str(asked), name, HERE + CALLBACK)


@pytest.mark.parametrize(("name", "role"), [("ann", "admin"), ("bob", "operator"), ("vic", "viewer")])
async def test_groups_give_roles(entrance: Entrance, name: str, role: str) -> None:
    """The highest of those that somebody's groups give; the session is theirs, and the trail knows.

    This provider does not say that it verified an address, so nobody is called by it.
    """
    async with browsing(entrance) as browser:
        landed = await browser.get(await back(browser, name))
        assert landed.status_code == 200, landed.text
        assert 'http-equiv="refresh" content="0; url=/"' in landed.text
        assert f"{COOKIE}=" in landed.headers["set-cookie"]
        assert (await browser.get("/")).json() == {"who": f"user:{name}", "kind": "session"}
        statuses = [(await browser.post(path)).status_code for path in ("/all", "/services")]
    assert statuses == {"admin": [200, 200], "operator": [200, 403], "viewer": [403, 403]}[role]
    [(what, who, source, _, result)] = entrance.events
    assert who is not None
    assert (what, who.name, who.role, source, result) == (
        "login", f"user:{name}", role, "192.0.2.7", "done",
    )  # fmt: skip


async def refused(entrance: Entrance, browser: httpx.AsyncClient, target: str) -> str:
    """Come back with what is not good: a plain page says why, nobody is in, and the trail gets it."""
    answer = await browser.get(target)
    assert answer.status_code == 403, answer.text
    assert COOKIE not in browser.cookies
    assert [(event[0], event[1], event[4]) for event in entrance.events] == [("login", None, "refused")]
    return answer.text


async def test_who_has_no_role_is_told_which_claim_lacks(entrance: Entrance) -> None:
    """With what it has, so that an admin can tell which group to add."""
    async with browsing(entrance) as browser:
        told = await refused(entrance, browser, await back(browser, "eve"))
    assert "eve has no role here: the claim groups of the ID token has sales" in told


async def test_a_state_of_somebody_else_is_refused(entrance: Entrance) -> None:
    """What an attacker's browser brought back opens nothing in this one, with a cookie and without."""
    async with browsing(entrance) as attacker, browsing(entrance) as browser:
        planted = await back(attacker, "bob")
        assert "not begun in this browser" in await refused(entrance, browser, planted)
        await back(browser, "ann")
        assert "not begun in this browser" in (await browser.get(planted)).text
        assert COOKIE not in browser.cookies


async def test_a_code_is_good_once(entrance: Entrance) -> None:
    """The same answer again, and the same code in a new login."""
    async with browsing(entrance) as browser:
        target = await back(browser, "person4")
        cookies = dict(browser.cookies)
        assert (await browser.get(target)).status_code == 200
        browser.cookies.clear()
        again = await browser.get(
            target, headers={"cookie": "; ".join(f"{k}={v}" for k, v in cookies.items())}
        )
        assert (again.status_code, "was used" in again.text) == (403, True)
        entrance.events.clear()
        begun = await browser.get(START)
        state = parse_qs(urlsplit(begun.headers["location"]).query)["state"][0]
        told = await refused(entrance, browser, str(httpx.URL(target).copy_merge_params({"state": state})))
    assert "does not take the code any more" in told


async def test_a_foreign_nonce_is_refused(entrance: Entrance) -> None:
    """A token that was made for another login, though the provider signed it."""
    async with browsing(entrance) as browser:
        told = await refused(entrance, browser, await back(browser, "person3", nonce="of-somebody-else"))
    assert "is not good" in told
    assert "nonce" in told


@pytest.mark.parametrize("part", [0, 1, 2])
async def test_a_tampered_token_is_refused(
    entrance: Entrance, part: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One character changed in its head, its claims or its signature."""
    ask = Web.post

    async def tampered(self: Web, *args: Any) -> Any:
        status, answer = await ask(self, *args)
        parts = answer["id_token"].split(".")
        middle = len(parts[part]) // 2
        parts[part] = (
            f"{parts[part][:middle]}{'A' if parts[part][middle] != 'A' else 'B'}{parts[part][middle + 1 :]}"
        )
        return status, {**answer, "id_token": ".".join(parts)}

    async with browsing(entrance) as browser:
        target = await back(browser, f"person{part}")
        monkeypatch.setattr(Web, "post", tampered)
        assert "ID token" in await refused(entrance, browser, target)


async def test_a_wrong_verifier_or_secret_is_refused_by_the_provider(
    entrance: Entrance, tmp_path: Path
) -> None:
    """So PKCE is really asked for; a wrong secret is ours to mend, and is told so."""
    async with browsing(entrance) as browser:
        target = await back(browser, "ann", code_challenge="x" * 43)
        assert "does not take the code" in await refused(entrance, browser, target)
        target = await back(browser, "ann")
        (tmp_path / "secret").write_text("wrong")
        answer = await browser.get(target)
    assert (answer.status_code, "invalid_client" in answer.text) == (503, True)
    assert "A token still lets you in" in answer.text


async def test_what_the_provider_refuses_is_told(entrance: Entrance) -> None:
    """In its own words, escaped; an answer of another provider is none."""
    async with browsing(entrance) as browser:
        begun = await browser.get(START)
        state = parse_qs(urlsplit(begun.headers["location"]).query)["state"][0]
        query = {"state": state, "error": "access_denied", "error_description": "<b>no</b>"}
        answer = await browser.get(CALLBACK, params=query)
    assert (answer.status_code, "access_denied &lt;b&gt;no" in answer.text) == (403, True)
    with pytest.raises(Refusal):
        check_issuer({"iss": "https://other.example"}, "https://id.example", is_needed=False)
    with pytest.raises(Refusal):
        check_issuer({}, "https://id.example", is_needed=True)
    check_issuer({}, "https://id.example", is_needed=False)
