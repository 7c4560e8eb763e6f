"""What stands before every admin endpoint: a web page must not be able to reach it through its visitor.

The admin port is open to this machine alone, but a browser runs on this machine too. A page that has its
own name resolve to 127.0.0.1 shows in the Host header; one that posts across origins shows in Origin and
Sec-Fetch-Site. Requests of other programs carry none of these and pass.
"""

from __future__ import annotations

import ipaddress

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.control.problems import Refusal

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

SECURITY_HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


class Guard:
    """ASGI middleware: refuses what may come from a foreign page, and marks every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        refusal = refused(scope["method"], Headers(scope=scope))
        app = self._app if refusal is None else refusal.response()
        await app(scope, receive, marked)


def refused(method: str, headers: Headers) -> Refusal | None:
    """Return why a request must not pass, or None."""
    hosts = headers.getlist("host")
    if len(hosts) != 1 or not is_loopback(hosts[0]):
        told = ", ".join(hosts) or "none"
        return Refusal(
            421,
            f"the Host header ({told}) is not a name of this machine; call the admin side as localhost, "
            "127.0.0.1 or [::1]",
        )
    if method in SAFE_METHODS:
        return None
    origin = headers.get("origin")
    if origin is not None and origin.lower() != f"http://{hosts[0].lower()}":
        return Refusal(403, f"a page of {origin} may not change routing here; call the API directly")
    if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        return Refusal(403, "a page of another site may not change routing here; call the API directly")
    return None


def is_loopback(host: str) -> bool:
    """Tell whether a Host header names this machine, with any port: by address or as localhost."""
    name, _, port = host.rpartition(":") if not host.endswith("]") else (host, "", "")
    if not name:
        name, port = host, ""
    if port and not (port.isascii() and port.isdigit()):
        return False
    if name.lower() == "localhost":
        return True
    bare = name[1:-1] if name.startswith("[") and name.endswith("]") else name
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        return False
    return address.is_loopback and (address.version == 6) == name.startswith("[")
