"""Requests that the gateway answers itself: to be redirected, without a route, beyond a rate limit."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from gateway.errors import Fault
from gateway.http.headers import Shape
from gateway.http.strict import RequestLine
from gateway.monitoring.tally_layout import HIT_RATE
from gateway.proxy.table import CompiledRoute

if TYPE_CHECKING:
    from gateway.proxy.context import Context


def no_route(line: RequestLine) -> Fault:
    """Return the answer to a request for which routing.yaml has no route."""
    path = line.path[:200].decode("ascii")
    return Fault(404, "refused", f"no route of routing.yaml has a path that {path} lies below")


def beyond_rate(
    context: Context, route: CompiledRoute, fields: dict[bytes, bytes], shape: Shape, peer: bytes
) -> Fault | None:
    """Count a request towards its route's rate limit; return the answer where it goes beyond."""
    limit = route.rate_limit
    if limit is None:
        return None
    wait = context.rates.check(route.key, route.rate_key(fields, shape, peer), limit, monotonic())
    if not wait:
        return None
    context.tally.hit(HIT_RATE)
    each = "each caller" if limit.by else "all callers together"
    detail = f"route {route.name} takes {limit.requests} requests in {limit.per:g} s from {each}"
    return Fault(429, "refused", detail, retry_after=int(wait) + 1)
