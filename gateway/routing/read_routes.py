"""The `routes` of routing.yaml: which requests go where, in which shares, and who is pinned or picked."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.requestlog.policy import LogPolicy
from gateway.routing import fields
from gateway.routing.addresses import Address, parse_address
from gateway.routing.fields import Known
from gateway.routing.log_document import USUAL_MONITOR
from gateway.routing.plan import Route
from gateway.routing.read_auth import read_auth
from gateway.routing.read_failing import read_failing, read_rate_limit, read_sticky, read_timeouts
from gateway.routing.read_freeze import ZoneExists, any_zone
from gateway.routing.read_log import USUAL, LogDefaults, read_log
from gateway.routing.read_monitor import check_time, read_monitor
from gateway.routing.read_overrides import read_overrides
from gateway.routing.read_rollout import read_rollout
from gateway.routing.read_settings import flag, read_keys
from gateway.routing.read_weights import read_weights
from gateway.routing.report import Report, entries, mapping, sequence, shown
from gateway.routing.rollouts import Rollout
from gateway.routing.settings import Timeouts
from gateway.routing.watches import Monitor
from gateway.routing.yaml_nodes import Mapping as MappingNode
from gateway.routing.yaml_nodes import Node, Scalar

MAX_ROUTES = 20_000
FORM_KEYS = (
    "stable",
    "weights",
    "sticky",
    "override",
    "timeouts",
    "retries",
    "on_unavailable",
    "rate_limit",
    "rollout",
    "preview",
    "monitor",
    "auth",
    "try_page",
)
"""What a route says besides its name and path, and what the one-route form says at the top level."""
ROUTE_KEYS = ("name", "path", *FORM_KEYS, "log")


def read_routes(
    report: Report,
    node: Node,
    known: Known,
    zone_exists: ZoneExists = any_zone,
    logged: LogDefaults = USUAL,
) -> tuple[Route, ...]:
    """Return the routes of the list form, as far as they can be read."""
    if isinstance(node, MappingNode) and node.pairs:
        report.add(node, "`routes` must be a list: begin each route with `- name: …`")
        return ()
    items = sequence(report, node, "routes", "- {name: late, path: /v2, weights: {blue: 100}}") or ()
    if len(items) > MAX_ROUTES:
        report.add(node, f"there are {len(items)} routes; at most {MAX_ROUTES} are possible")
        return ()
    seen: dict[tuple[str, str], int] = {}
    routes = [_listed_route(report, item, known, zone_exists, logged, seen) for item in items]
    return tuple(route for route in routes if route is not None)


def _listed_route(
    report: Report,
    node: Node,
    known: Known,
    zone_exists: ZoneExists,
    logged: LogDefaults,
    seen: dict[tuple[str, str], int],
) -> Route | None:
    found = mapping(report, node, "routes", "- {name: late, path: /v2, weights: {blue: 100}}")
    if found is None:
        return None
    given = entries(report, found, "a route", ROUTE_KEYS)
    for key in ("name", "path", "weights"):
        if key not in given:
            report.add(found, f"this route has no `{key}`")
    name = fields.name(report, given["name"], "name") if "name" in given else None
    path = fields.path(report, given["path"]) if "path" in given else None
    for key, value in (("name", name), ("path", path)):
        if value is not None and (key, value) in seen:
            taken = f"is already that of the route on line {seen[key, value]}"
            report.add(given[key], f"the {key} `{shown(value)}` {taken}")
        elif value is not None:
            seen[key, value] = given[key].line
    return read_route(report, name or "", path or "", given, known, zone_exists, logged)


def read_route(
    report: Report,
    name: str,
    path: str,
    given: Mapping[str, Node],
    known: Known,
    zone_exists: ZoneExists = any_zone,
    logged: LogDefaults = USUAL,
) -> Route | None:
    """Return one route from its values by key, None where its weights or stable cannot be read."""
    stable = fields.service(report, given["stable"], "stable", known) if "stable" in given else None
    weights = read_weights(report, given["weights"], known, stable) if "weights" in given else None
    sticky = read_sticky(report, given["sticky"]) if "sticky" in given else None
    overrides = tuple(read_overrides(report, given["override"], known)) if "override" in given else ()
    timeouts = read_timeouts(report, given["timeouts"]) if "timeouts" in given else Timeouts()
    failing = read_failing(report, given)
    rate = read_rate_limit(report, given["rate_limit"]) if "rate_limit" in given else None
    rollout = read_rollout(report, given["rollout"], zone_exists) if "rollout" in given else Rollout()
    preview = _preview(report, given["preview"]) if "preview" in given else ""
    watched = _watched(report, given, logged)
    auth = read_auth(report, given, sticky, rate, (preview, *(override.header for override in overrides)))
    try_page = "try_page" in given and bool(flag(report, given["try_page"], "try_page"))
    if not weights:
        return None
    reached = dict.fromkeys(override.to for override in overrides)
    weights += tuple((name, 0) for name in reached if name not in dict(weights))
    first = stable or weights[0][0]
    does = (timeouts, failing, rate, rollout, preview, *watched)
    return Route(name, path, first, weights, sticky, overrides, *does, auth=auth, try_page=try_page)


def _watched(
    report: Report, given: Mapping[str, Node], logged: LogDefaults
) -> tuple[LogPolicy | None, Monitor]:
    """Return what is remembered of a route's requests, and how they are watched: from what is remembered."""
    log = read_log(report, given["log"], logged) if "log" in given else logged.policy
    if "monitor" not in given:
        return log, USUAL_MONITOR
    before = len(report.problems)
    monitor = read_monitor(report, given["monitor"])
    if len(report.problems) == before and monitor.groups:
        if log is None:
            report.add(given["monitor"], "`monitor` looks at the log, and this route has `log: false`")
        else:
            check_time(report, given["monitor"], monitor, log.filter)
    return log, monitor


def _preview(report: Report, node: Node) -> str:
    """Return the header by which a request names the service it wants, in lower case."""
    if isinstance(node, Scalar) and isinstance(parse_address(node.value), Address):
        report.add(
            node,
            "an address belongs in `preview` at the file's top level; that of a route names a header, as in"
            " `preview: {header: x-preview}`",
        )
        return ""
    found = read_keys(report, node, "preview", "{header: x-preview}", {"header": _header})
    return found[0].get("header", "").lower() if found else ""


def _header(report: Report, node: Node, what: str) -> str | None:
    return fields.token(report, node, what, "x-preview")
