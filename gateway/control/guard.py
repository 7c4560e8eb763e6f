"""What stands before every admin endpoint: a web page must not be able to reach it through its visitor.

The admin port may be open to this machine alone, but a browser runs on this machine too. A page that has its
own name resolve to our address shows in the Host header; one that posts across origins shows in Origin and
Sec-Fetch-Site. Requests of other programs carry none of these and pass; no browser opens the Unix socket.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.control.access.listening import LOCAL, Listening, is_by_socket, is_loopback
from gateway.control.problems import Refusal

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
LOGIN = "/login"
HSTS = "max-age=31536000"

SECURITY_HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "same-origin",  # with no-referrer, browsers send forms with "Origin: null"
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


class Guard:
    """ASGI middleware: refuses what may come from a foreign page, and marks every answer."""

    def __init__(self, app: ASGIApp, listening: Listening = LOCAL) -> None:
        self._app = app
        self._listening = listening

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = Headers(scope=scope)
        is_remembered = self._listening.is_secure and not is_loopback(asked.get("host", ""))

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
                if is_remembered:  # a browser would hold it for every port of localhost
                    headers.setdefault("strict-transport-security", HSTS)
            await send(message)

        refusal = refused(scope, asked, self._listening)
        app = self._app if refusal is None else refusal.response()
        await app(scope, receive, marked)


def refused(scope: Mapping[str, Any], headers: Headers, listening: Listening) -> Refusal | None:
    """Return why a request must not pass, or None."""
    if "\0" in scope["path"]:  # a trap for whatever opens files
        return Refusal(404, "there is nothing at a path with a zero byte in it")
    if is_by_socket(scope):
        return None
    hosts = headers.getlist("host")
    here = str((scope.get("server") or ("",))[0])
    if len(hosts) != 1 or not listening.knows(hosts[0], here):
        told = ", ".join(hosts) or "none"
        return Refusal(
            421,
            f"the Host header ({told}) is not a name of this gateway; call the admin side as localhost or "
            "127.0.0.1, or add the name to `hosts` of `admin` in routing.yaml",
        )
    return None if scope["method"] in SAFE_METHODS else _of_another_page(scope, headers, hosts[0], listening)


def _of_another_page(
    scope: Mapping[str, Any], headers: Headers, host: str, listening: Listening
) -> Refusal | None:
    """Return why a change must not pass: a page of another origin asks for it, or may well do."""
    origins, sites = headers.getlist("origin"), headers.getlist("sec-fetch-site")
    own = {f"{scheme}://{host.lower()}" for scheme in listening.schemes}
    if any(origin.lower() not in own for origin in origins):
        return Refusal(403, f"a page of {origins[0]} may not change anything here; call the API directly")
    if any(site not in ("none", "same-origin") for site in sites):
        return Refusal(403, "a page of another site may not change anything here; call the API directly")
    if not origins and not sites and ("cookie" in headers or scope["path"] == LOGIN):
        return Refusal(
            403,
            "a request with a cookie must say which page it comes from (Origin or Sec-Fetch-Site); "
            "programs send authorization: Bearer <token> instead",
        )
    return None
