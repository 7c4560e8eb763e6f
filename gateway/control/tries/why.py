"""How a version is asked for by name, and why a version answered."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.routing.auth_keys import OWN_NAME
from gateway.routing.plan import Route
from gateway.routing.split import Choice, Splitter, explain

HERE = "127.0.0.1"
CANNOT = "requests cannot name it; give the route `preview: {header: x-preview}` in routing.yaml"


def way_to(route: Route, version: str) -> dict[str, str] | None:
    """Return the headers that make a request go to a version, None where there are none."""
    ways = [{route.preview: version}] if route.preview else []
    ways += [{override.header: override.value} for override in route.overrides if override.to == version]
    if route.share(version) == 100:
        ways.append({})
    return next((way for way in ways if _leads_to(route, way, version)), None)


def _leads_to(route: Route, way: Mapping[str, str], version: str) -> bool:
    choice = explain(route, way, HERE)
    return choice is not None and choice.service == version


def user_header(route: Route, user: str) -> dict[str, str] | None:
    """Return the header by which the route knows a user, None where it knows none so."""
    sticky = route.sticky
    if sticky is None or sticky.kind not in ("header", "cookie"):
        return None
    return {sticky.name: user} if sticky.kind == "header" else {"cookie": f"{sticky.name}={user}"}


def why(route: Route, headers: Mapping[str, str], version: str) -> tuple[str, str] | None:
    """Return the rule by which this version answered, and the same in words; None where none answered."""
    if not version:
        return None
    choice = _choice(route, headers)
    if choice is not None and choice.service != version:
        return "fallback", f"{choice.service} was chosen ({choice.rule}) and could not answer"
    if choice is None or choice.reason == "weights":
        return "weights", f"drawn by the weights: {version} has {route.share(version):g} %"
    told = {"preview": "asked for by name", "override": "an override", "sticky": "pinned to it"}
    return choice.reason, f"{told[choice.reason]} ({choice.rule})"


def _choice(route: Route, headers: Mapping[str, str]) -> Choice | None:
    found = explain(route, headers, HERE)
    if found is None and route.sticky is not None and route.sticky.kind == "client":
        splitter = Splitter(route)
        version = splitter.services[splitter.by_key(OWN_NAME.encode())]
        return Choice(version, "sticky", f"client {OWN_NAME}")
    return found
