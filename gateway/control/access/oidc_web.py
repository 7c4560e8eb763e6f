"""Asks the identity provider something: bounded in time and size, never following a redirect.

The addresses are the issuer's of routing.yaml and those that it names in its own discovery document.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from gateway.errors import GatewayError
from gateway.routing.read_oidc import is_local

MOST_BYTES: Final = 256 * 1024
TIMEOUT: Final = 10.0
"""Seconds for a whole exchange."""


class ProviderFailed(GatewayError):
    """The identity provider did not answer, or not as agreed; the text says which address and why."""


class Web:
    """Requests to a provider. Certificates are checked by what the system trusts, or SSL_CERT_FILE names."""

    def __init__(self, timeout: float = TIMEOUT) -> None:
        self._timeout = timeout
        self._context = ssl.create_default_context()

    async def get(self, url: str) -> dict[str, Any]:
        """Return the JSON object at an address; raises ProviderFailed."""
        status, found = await self._ask("GET", url, None, None)
        if status != 200:
            raise ProviderFailed(f"{url} answered {status} instead of 200")
        return found

    async def post(
        self, url: str, form: Mapping[str, str], auth: tuple[str, str] | None
    ) -> tuple[int, dict[str, Any]]:
        """Send a form; return the status and the JSON object that came back. Raises ProviderFailed."""
        return await self._ask("POST", url, form, auth)

    async def _ask(
        self, method: str, url: str, form: Mapping[str, str] | None, auth: tuple[str, str] | None
    ) -> tuple[int, dict[str, Any]]:
        try:
            async with asyncio.timeout(self._timeout):
                status, body = await self._bytes(method, url, form, auth)
        except TimeoutError:
            raise ProviderFailed(f"{url} did not answer within {self._timeout:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise ProviderFailed(f"{url} cannot be reached: {error or type(error).__name__}") from error
        if 300 <= status < 400:
            raise ProviderFailed(f"{url} answered {status}, a redirect, which is not followed")
        try:
            found = json.loads(body)
        except (ValueError, RecursionError):
            raise ProviderFailed(f"{url} answered {status} with something that is no JSON") from None
        if not isinstance(found, dict):
            raise ProviderFailed(f"{url} answered {status} with something that is no JSON object")
        return status, found

    async def _bytes(
        self, method: str, url: str, form: Mapping[str, str] | None, auth: tuple[str, str] | None
    ) -> tuple[int, bytes]:
        headers = {"accept": "application/json", "accept-encoding": "identity"}
        options: dict[str, Any] = {"verify": self._context, "trust_env": False, "timeout": self._timeout}
        async with (
            httpx.AsyncClient(follow_redirects=False, **options) as client,
            client.stream(method, url, data=form, auth=auth, headers=headers) as answer,
        ):
            body = bytearray()
            async for piece in answer.aiter_raw():
                body += piece
                if len(body) > MOST_BYTES:
                    raise ProviderFailed(f"{url} answered with more than {MOST_BYTES // 1024} KiB")
            return answer.status_code, bytes(body)


def checked_url(said: object, issuer: str, what: str) -> str:
    """Return an address that a provider names; raises ProviderFailed unless it is one with TLS.

    A provider on this machine may name addresses on this machine without.
    """
    parts = urlsplit(said) if isinstance(said, str) else urlsplit("")
    both_here = is_local(parts.hostname or "") and is_local(urlsplit(issuer).hostname or "")
    if parts.hostname and (parts.scheme == "https" or (parts.scheme == "http" and both_here)):
        return str(said)
    raise ProviderFailed(f"the provider {issuer} names no {what} with https in its discovery document")
