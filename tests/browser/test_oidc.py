"""Somebody comes back from an identity provider, which is another site, and is in at once."""

from __future__ import annotations

import html
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import uvicorn
from playwright.sync_api import Page, expect

from gateway.control.access.listening import Listening
from gateway.control.app import build_app
from gateway.control.pages.desk import Desk
from gateway.routing.admin_settings import AdminSettings, OidcRoles, OidcSettings
from gateway.routing.places import Places
from tests.browser.conftest import Excuse
from tests.browser.stage import Site
from tests.control.access.bad_provider import BadProvider, misbehaving


@contextmanager
def dashboard(places: Places, folder: Path, issuer: str) -> Iterator[str]:
    """Another dashboard of the gateway, as localhost, with a login at a provider."""
    (folder / "secret").write_text("s")
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://localhost:{listener.getsockname()[1]}"
    oidc = OidcSettings(issuer, "gateway", "./secret", url, OidcRoles(viewer=("v",)))
    desk = Desk(places, lambda: None, is_ending=lambda: server.should_exit)
    app = build_app(places, desk.settle, Listening(settings=AdminSettings(oidc=oidc)), desk, folder)
    options = {"lifespan": "off", "log_level": "warning", "timeout_graceful_shutdown": 1}
    server = uvicorn.Server(uvicorn.Config(app, **options))  # type: ignore[arg-type]
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        yield url
    finally:
        server.should_exit = True
        thread.join()
        app.recorder.close()


def ask_for_consent(provider: BadProvider, back_to: str) -> None:
    """Have the provider show a page of its own, whose link leads back: so the browser comes from there."""

    def answer() -> tuple[int, dict[str, str], bytes]:
        asked = parse_qs(urlsplit(provider.asked[-1]).query)
        provider.say("/token", {"id_token": provider.token(asked["nonce"][0], groups=["v"], sub="ann")})
        back = f"{back_to}/login/oidc/callback?{urlencode({'code': 'c', 'state': asked['state'][0]})}"
        page = f'<link rel="icon" href="data:,"><a href="{html.escape(back)}">Allow</a>'
        return 200, {"content-type": "text/html"}, page.encode()

    provider.answers["/ask"] = answer


def test_the_first_page_after_the_provider_is_shown_logged_in(
    site: Site, page: Page, excuse: Excuse, tmp_path: Path
) -> None:
    """A session's cookie does not go along with a way that begins at another site (SameSite=Strict)."""
    excuse("asked another site")
    with misbehaving() as provider, dashboard(site.places, tmp_path, provider.issuer) as url:
        ask_for_consent(provider, url)
        page.goto(f"{url}/")
        page.get_by_role("link", name="Log in with").click()
        page.get_by_role("link", name="Allow").click()
        page.wait_for_url(f"{url}/")
        expect(page.get_by_role("button", name="Log out")).to_be_visible()
        expect(page.locator(".who")).to_contain_text("ann")
        cookies = {it["name"]: it["sameSite"] for it in page.context.cookies(url)}
        assert cookies == {"gateway_session": "Strict"}
        page.goto("about:blank")
