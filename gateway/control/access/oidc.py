"""Logging in at an identity provider (OpenID Connect): the code flow with PKCE, as routing.yaml describes it.

What does the work is loaded with the first login: few gateways have a provider, and nothing else needs it.
"""

from __future__ import annotations

import asyncio
import importlib
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode, urlsplit

from gateway.control.access.lockout import Lockout
from gateway.control.access.oidc_attempt import Attempt, Attempts
from gateway.control.access.oidc_person import person
from gateway.control.access.oidc_places import LoginPlaces
from gateway.control.access.roles import Principal
from gateway.control.problems import Refusal
from gateway.errors import GatewayError
from gateway.extras import install
from gateway.files import read_small
from gateway.outcall import from_environment
from gateway.routing.admin_settings import OidcSettings
from gateway.routing.read_oidc import EXTRA, is_installed

if TYPE_CHECKING:
    from gateway.control.access.oidc_provider import Provider

START: Final = "/login/oidc"
CALLBACK: Final = "/login/oidc/callback"
MOST_SECRET: Final = 64 * 1024
"""Bytes of the file with the client's secret."""


class Oidc:
    """The login at one provider; `folder` is where files named in routing.yaml are."""

    def __init__(
        self, settings: OidcSettings, folder: Path = Path(), clock: Callable[[], float] = time.time
    ) -> None:
        self.settings = settings
        self._folder = folder
        self._clock = clock
        self._attempts = Attempts(clock)
        self._provider: Provider | None = None
        self._places = LoginPlaces()
        self._lockout = Lockout()

    @property
    def place(self) -> str:
        """Where people log in: the issuer's host."""
        return urlsplit(self.settings.issuer).netloc

    @property
    def is_secure(self) -> bool:
        """Whether browsers reach the dashboard over TLS."""
        return self.settings.url.startswith("https:")

    async def begin(self, source: str) -> tuple[str, str]:
        """Return where to send a browser, and the cookie that is to come back; raises Refusal (503)."""
        endpoints = self._provider.known if self._provider else None
        if endpoints is None:
            endpoints = await self._asked(source, lambda provider: provider.endpoints())
        attempt, cookie = self._attempts.begin()
        query = urlencode(
            {
                "response_type": "code",
                "client_id": self.settings.client_id,
                "redirect_uri": self._redirect_uri,
                "scope": " ".join(self.settings.scopes),
                "state": attempt.state,
                "nonce": attempt.nonce,
                "code_challenge": attempt.challenge,
                "code_challenge_method": "S256",
            }
        )
        joint = "&" if "?" in endpoints.authorization else "?"
        return f"{endpoints.authorization}{joint}{query}", cookie

    async def finish(self, cookie: str, query: Mapping[str, str], source: str) -> Principal:
        """Return who comes back from the provider.

        Raises Refusal: 403 says why, 429 after too many codes that were none, 503 where the provider fails.
        """
        attempt = self._attempts.take(cookie, query.get("state", ""))
        if attempt is None:
            raise Refusal(
                403, "this login was not begun in this browser, took too long or was used; begin again"
            )
        if "error" in query:
            why = f"{query['error']} {query.get('error_description', '')}".strip()[:300]
            raise Refusal(403, f"{self.place} did not let you in: {why}")
        if wait := self._lockout.wait(source):
            told = f"too many logins from {source} came back with a code that was none; try again in {wait} s"
            raise Refusal(429, told, {"retry-after": str(wait)})
        try:
            claims = await self._asked(source, lambda provider: self._claims(provider, attempt, query))
        except Refusal as refusal:
            if refusal.status == 403:
                self._lockout.failed(source)
            raise
        return person(claims, self.settings)

    async def _claims(self, provider: Provider, attempt: Attempt, query: Mapping[str, str]) -> dict[str, Any]:
        check_issuer(query, provider.issuer, is_needed=(await provider.endpoints()).names_itself)
        client = (self.settings.client_id, await asyncio.to_thread(self._secret))
        code = query.get("code", "")
        answer = await provider.exchange(code, attempt.verifier, self._redirect_uri, client)
        token = importlib.import_module("gateway.control.access.oidc_token")
        found: dict[str, Any] = await token.verified(
            answer, provider, client[0], attempt.nonce, self._clock()
        )
        return found

    @property
    def _redirect_uri(self) -> str:
        return self.settings.url + CALLBACK

    async def _asked(self, source: str, ask: Callable[[Provider], Any]) -> Any:
        """Ask the provider something, a few at a time."""
        with self._places.one(source, self.place):
            try:
                if self._provider is None:
                    self._provider = await asyncio.to_thread(_loaded, self.settings.issuer)
                return await ask(self._provider)
            except GatewayError as error:
                told = f"logging in at {self.place} does not work now: {error}. A token still lets you in"
                raise Refusal(503, told, {"retry-after": "5"}) from error

    def _secret(self) -> str:
        """Return the client's secret, read anew so that it can be changed without a reload."""
        said = self.settings.client_secret
        try:
            if said.startswith("${"):
                return from_environment(said).strip()
            return read_small(self._folder / said, MOST_SECRET).decode().strip()
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or error
            raise Refusal(
                503, f"`client_secret` of `admin: oidc` cannot be read from {said}: {why}"
            ) from error
        except GatewayError as error:
            raise Refusal(503, f"`client_secret` of `admin: oidc`: {error}") from error


def check_issuer(query: Mapping[str, str], issuer: str, *, is_needed: bool) -> None:
    """Raise Refusal where an answer is of another provider (RFC 9207); many do not say whose it is."""
    if query.get("iss", None if is_needed else issuer) != issuer:
        raise Refusal(403, f"this answer is not of {issuer}; begin again")


def _loaded(issuer: str) -> Provider:
    """Return the provider; blocks for half a second. Raises GatewayError where the extra is missing."""
    if not is_installed():
        raise GatewayError(f"{', '.join(EXTRA)} are not all installed: {install('oidc')}")
    importlib.import_module("gateway.control.access.oidc_token")
    from gateway.control.access.oidc_provider import Provider
    from gateway.control.access.oidc_web import Web

    return Provider(issuer, Web())
