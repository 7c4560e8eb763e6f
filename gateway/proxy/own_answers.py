"""Requests that the gateway answers itself: without a route, without a key, beyond a rate limit."""

from __future__ import annotations

from email.utils import formatdate
from time import monotonic
from typing import TYPE_CHECKING

from gateway.errors import Fault
from gateway.http.headers import Shape
from gateway.http.strict import RequestLine
from gateway.monitoring.tally_layout import HIT_RATE
from gateway.proxy.compiled_route import CompiledRoute
from gateway.routing.settings import RateLimit
from gateway.routing.try_pages import try_folder

if TYPE_CHECKING:
    from gateway.proxy.context import Context


_POLICY = (
    b"content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; "
    b"connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'\r\n"
    b"x-content-type-options: nosniff\r\nreferrer-policy: no-referrer\r\ncache-control: no-cache\r\n"
)
"""Nothing comes from elsewhere, and nothing that stands in a page itself is run."""
_WITHOUT_KEY = b"without a key"
_KINDS = {"html": b"text/html", "js": b"text/javascript", "css": b"text/css"}


def public_page(context: Context, file: str, line: RequestLine, stamp: bytes, close: bool) -> bytes:
    """Return a whole answer: the public form of a route, or a part of it; empty where it is not made."""
    try:
        with open(try_folder(context.places) / file, "rb") as page:  # in memory, and a few KiB
            body = page.read()
    except OSError:
        return b""
    return b"".join(
        (
            b"HTTP/1.1 200 OK\r\n",
            b"content-type: %b; charset=utf-8\r\n" % _KINDS[file.rpartition(".")[2]],
            b"content-length: %d\r\ndate: %b\r\n" % (len(body), formatdate(usegmt=True).encode()),
            _POLICY,
            stamp,
            b"connection: close\r\n" if close else b"",
            b"\r\n",
            b"" if line.method == b"HEAD" else body,
        )
    )


def no_page(line: RequestLine) -> Fault:
    """Return the answer where a public page cannot be shown."""
    if line.method not in (b"GET", b"HEAD"):
        return Fault(405, "refused", "this is a page: it is read with GET")
    return Fault(503, "unavailable", "this page is being made; try again in a moment", retry_after=1)


def no_route(line: RequestLine) -> Fault:
    """Return the answer to a request for which routing.yaml has no route."""
    path = line.path[:200].decode("ascii")
    return Fault(404, "refused", f"no route of routing.yaml has a path that {path} lies below")


def beyond_rate(
    context: Context,
    route: CompiledRoute,
    fields: dict[bytes, bytes],
    shape: Shape,
    peer: bytes,
    caller: bytes,
) -> Fault | None:
    """Count a request towards its route's rate limit; return the answer where it goes beyond.

    `caller` is the name of the client where the route asks for keys.
    """
    limit = route.rate_limit
    if limit is None:
        return None
    return _counted(context, route, limit, route.rate_key(fields, shape, peer, caller))


def keyless_beyond_rate(
    context: Context, route: CompiledRoute, fields: dict[bytes, bytes], shape: Shape, peer: bytes
) -> Fault | None:
    """Count a request without a valid key towards its route's rate limit; return the answer beyond it.

    Only limits by address or for all callers know it. Of the latter those without a key have a whole
    allowance to themselves, so that they take nothing from the clients who have one.
    """
    limit = route.rate_limit
    if limit is None:
        return None
    if limit.by is None:
        return _counted(context, route, limit, _WITHOUT_KEY)
    return beyond_rate(context, route, fields, shape, peer, b"") if limit.by.kind == "ip" else None


def _counted(context: Context, route: CompiledRoute, limit: RateLimit, key: bytes) -> Fault | None:
    wait = context.rates.check(route.key, key, limit, monotonic())
    if not wait:
        return None
    context.tally.hit(HIT_RATE)
    each = "each caller" if limit.by else "all callers together"
    detail = f"route {route.name} takes {limit.requests} requests in {limit.per:g} s from {each}"
    return Fault(429, "refused", detail, retry_after=int(wait) + 1)
