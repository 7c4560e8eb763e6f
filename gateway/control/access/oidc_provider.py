"""An identity provider, as its discovery document and its keys describe it; both are kept for a while."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from gateway.control.access.oidc_web import ProviderFailed, Web, checked_url
from gateway.control.problems import Refusal

log = logging.getLogger("gateway.control")

KEPT: Final = 3600.0
"""Seconds after which discovery and keys are asked for anew."""
FAILED_FOR: Final = 5.0
"""Seconds for which a discovery that failed is not tried again, however many begin to log in."""
RENEWED_EVERY: Final = 60.0
"""Seconds between two renewals of the keys because of a key id that is unknown."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """What discovery said; `is_basic`: how the client proves itself, else in the form."""

    authorization: str
    token: str
    keys: str
    is_basic: bool
    names_itself: bool


class Provider:
    """One provider; `clock` is one that never goes back, in seconds. Each method raises ProviderFailed."""

    def __init__(self, issuer: str, web: Web, clock: Callable[[], float] = time.monotonic) -> None:
        self.issuer = issuer
        self._web = web
        self._clock = clock
        self._endpoints: tuple[float, Endpoints] | None = None
        self._failure: tuple[float, str] | None = None
        self._keys: tuple[float, list[dict[str, Any]]] | None = None
        self._turn = asyncio.Lock()

    @property
    def known(self) -> Endpoints | None:
        """Where to send whom, None where the provider has to be asked for it."""
        if self._endpoints is None or self._clock() - self._endpoints[0] >= KEPT:
            return None
        return self._endpoints[1]

    async def endpoints(self) -> Endpoints:
        """Return where to send whom."""
        async with self._turn:
            found = self.known
            if found is None:
                found = await self._discovered_now_and_then()
                self._endpoints = self._clock(), found
            return found

    async def keys(self, kid: str | None) -> list[dict[str, Any]]:
        """Return the keys (JWK) that may have signed a token with a key id; of a token without one, all."""
        address = (await self.endpoints()).keys
        async with self._turn:
            age = KEPT if self._keys is None else self._clock() - self._keys[0]
            if age >= KEPT or (age >= RENEWED_EVERY and not self._matching(kid)):
                self._keys = self._clock(), _keys_in(await self._web.get(address), address)
            return self._matching(kid)

    async def exchange(
        self, code: str, verifier: str, redirect_uri: str, client: tuple[str, str]
    ) -> dict[str, Any]:
        """Return what the provider gives for a code; `client` is our id and our secret.

        Raises Refusal (403) for a code that is used, expired or another one's.
        """
        found = await self.endpoints()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        basic = (quote(client[0], safe=""), quote(client[1], safe=""))  # RFC 6749, 2.3.1
        if not found.is_basic:
            form |= {"client_id": client[0], "client_secret": client[1]}
        status, answer = await self._web.post(found.token, form, basic if found.is_basic else None)
        if answer.get("error") in ("invalid_grant", "invalid_request"):
            raise Refusal(403, f"{self.issuer} does not take the code any more; begin again")
        if status != 200:
            said = f"{answer.get('error')} {answer.get('error_description', '')}".strip()
            log.warning("%s answered %s: %.200r", found.token, status, said)  # the rest may be tokens
            raise ProviderFailed(f"{found.token} answered {status}: {str(answer.get('error'))[:60]}")
        return answer

    def _matching(self, kid: str | None) -> list[dict[str, Any]]:
        keys = self._keys[1] if self._keys else []
        return [key for key in keys if kid is None or key.get("kid") in (kid, None)]

    async def _discovered_now_and_then(self) -> Endpoints:
        if self._failure is not None and self._clock() - self._failure[0] < FAILED_FOR:
            raise ProviderFailed(self._failure[1])
        try:
            return await self._discovered()
        except ProviderFailed as error:
            self._failure = self._clock(), str(error)
            raise

    async def _discovered(self) -> Endpoints:
        address = f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"
        found = await self._web.get(address)
        if found.get("issuer") != self.issuer:
            said = str(found.get("issuer"))[:200]
            raise ProviderFailed(
                f"{address} says that the issuer is {said}, not {self.issuer}; write that into routing.yaml, "
                "a slash at the end included, if it is the right one"
            )
        ways = found.get("token_endpoint_auth_methods_supported")
        return Endpoints(
            checked_url(found.get("authorization_endpoint"), self.issuer, "authorization_endpoint"),
            checked_url(found.get("token_endpoint"), self.issuer, "token_endpoint"),
            checked_url(found.get("jwks_uri"), self.issuer, "jwks_uri"),
            not isinstance(ways, list) or "client_secret_basic" in ways,
            found.get("authorization_response_iss_parameter_supported") is True,
        )


def _keys_in(found: dict[str, Any], address: str) -> list[dict[str, Any]]:
    """Return the keys for signatures by pairs of keys: one that both sides know could be used by both."""
    keys = found.get("keys")
    if not isinstance(keys, list):
        raise ProviderFailed(f"{address} has no `keys` in it")
    return [
        key
        for key in keys
        if isinstance(key, dict) and key.get("kty") in ("RSA", "EC") and key.get("use", "sig") == "sig"
    ]
