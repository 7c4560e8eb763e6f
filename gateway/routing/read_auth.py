"""The `auth` of a route: where the keys of its clients are, and in which header they come."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from gateway.routing import fields
from gateway.routing.auth_keys import ClientAuth
from gateway.routing.read_settings import Reader, flag, read_keys
from gateway.routing.report import Report, described, shown, text
from gateway.routing.settings import RateLimit, Sticky
from gateway.routing.yaml_nodes import Node, Scalar

_NOT_THESE = frozenset(
    (
        "authorization",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "cookie",
        "date",
        "expect",
        "forwarded",
        "host",
        "http2-settings",
        "keep-alive",
        "origin",
        "proxy-authorization",
        "proxy-connection",
        "sec-websocket-key",
        "sec-websocket-version",
        "te",
        "traceparent",
        "tracestate",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "via",
        "x-model-version",
        "x-real-ip",
        "x-request-id",
    )
)
"""Headers that mean something else to somebody on the way."""


def _file(report: Report, node: Node, what: str) -> str | None:
    return text(report, node, what, "keys.txt")


def _header(report: Report, node: Node, what: str) -> str | None:
    name = fields.token(report, node, "header", "x-api-key")
    lower = (name or "").lower()
    if lower in _NOT_THESE or lower.startswith(("x-forwarded-", "sec-")):
        also = "; `authorization: Bearer …` is always read" if lower == "authorization" else ""
        report.add(node, f"`{what}` cannot be {described(node)}, which means something else{also}")
        return None
    if "_" in lower:
        report.add(node, f"`{what}` must not have a `_`, which some programs read as a hyphen")
        return None
    return lower or None


_KEYS: dict[str, Reader] = {"keys": _file, "header": _header, "forward": flag}


def read_auth(
    report: Report,
    given: Mapping[str, Node],
    sticky: Sticky | None,
    rate: RateLimit | None,
    chosen_by: Collection[str] = (),
) -> ClientAuth | None:
    """Return who may use a route, from its values by key; None where anybody may.

    What cannot be read is a problem, so that no route is left open by a mistake. `sticky`, `rate` and the
    headers `chosen_by` are the route's, and must fit: no key itself pins, counts or chooses anything.
    """
    auth = _auth(report, given["auth"]) if "auth" in given else None
    if auth is not None and auth.header in chosen_by:
        report.add(
            given["auth"], f"`{shown(auth.header)}` already chooses a version here; use another header"
        )
    for what, key in (("sticky", sticky), ("rate_limit", rate.by if rate else None)):
        if key is None:
            continue
        if key.kind == "client" and "auth" not in given:
            report.add(given[what], f"`{what}` by `client` needs `auth`, which says who the clients are")
        elif auth is not None and key.kind == "header" and key.name in (auth.header, "authorization"):
            secret = f"`{shown(key.name)}` holds the client's secret, which would get into the log"
            report.add(given[what], f"{secret}; write `client: true` for the client's name")
    return auth


def _auth(report: Report, node: Node) -> ClientAuth | None:
    if isinstance(node, Scalar) and node.value:
        report.add(
            node,
            f"`auth` cannot be {described(node)}; name the file of the keys, as in"
            " `auth: {keys: keys.txt}`, or leave `auth` out",
        )
        return None
    found = read_keys(report, node, "auth", "{keys: keys.txt}", _KEYS)
    if found is None:
        return None
    values, nodes = found
    if "keys" not in nodes:
        report.add(node, "`auth` has no `keys`; name a file that `gateway key create` made")
    return ClientAuth(**values) if "keys" in values else None
