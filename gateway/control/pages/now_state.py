"""Everything that the page Now shows, as compact JSON: one value that all who look are sent, each second."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any
from urllib.parse import quote

from gateway.control.alerts.alarms import Alarms, alarm_warnings, read_alarms
from gateway.control.meanwhile import meanwhile
from gateway.control.pages.now_words import (
    health_words,
    last_words,
    rollback_words,
    rollout_words,
    window_words,
)
from gateway.control.pages.picture import bands
from gateway.control.readings import iso_time
from gateway.control.status.figures import shares
from gateway.control.status.observation import latest_plan
from gateway.control.status.snapshot import snapshot
from gateway.routing.places import Places
from gateway.routing.plan import RoutingPlan
from gateway.routing.slot import published

WELL = ("healthy", "draining")


def now_state(places: Places) -> dict[str, Any]:
    """Look at the gateway; raises GatewayError where nothing was ever started. Blocks for a moment."""
    clock = time.time()
    seen = snapshot(places)
    alarms, _ = read_alarms(places.watch, clock)
    told = set(alarm_warnings(places.watch, clock)) if alarms else set()
    plan = published(places) or latest_plan(places)
    warnings = [text for text in seen["warnings"] if text not in told]
    last = meanwhile(places, seen["revision"] - 1, 1)
    return {**told_of(seen, plan, alarms, warnings, clock), "last": last_words(last[0]) if last else ""}


def told_of(
    seen: Mapping[str, Any],
    plan: RoutingPlan,
    alarms: Iterable[Alarms],
    warnings: list[str],
    clock: float,
) -> dict[str, Any]:
    """Return the state from a status, the plan and alarms; `clock` is in seconds since 1970."""
    routes = [_route(route, seen, plan, clock) for route in seen["routes"]]
    back = rollback_words(plan, None, clock)
    return {
        "at": iso_time(clock),
        "t": round(clock, 1),
        "revision": seen["revision"],
        "shape": [[route["name"], *(version["name"] for version in route["versions"])] for route in routes],
        "warnings": warnings,
        "alerts": [_alert(asdict(alarm)) for alarm in alarms if alarm.state == "firing"],
        "rollback": back,
        "routes": routes,
        "processes": [_process(process) for process in seen["processes"]],
    }


def _route(
    route: Mapping[str, Any], seen: Mapping[str, Any], plan: RoutingPlan, clock: float
) -> dict[str, Any]:
    found = route["versions"]
    served = shares({name: version["rate"] or 0.0 for name, version in found.items()})
    is_known = any(version["rate"] for version in found.values())
    asked = [version["weight"] for version in found.values()]
    paths = zip(bands(asked), bands(asked, list(served.values())), strict=True)
    return {
        "name": route["name"],
        "path": route["path"],
        "stable": route["stable"],
        "since": route["since"]["revision"],
        "rate": round(route["rate"], 2),
        "over": window_words(route),
        "rollout": rollout_words(route),
        "rollback": rollback_words(plan, route["name"], clock),
        "versions": [
            {
                **_version(name, version),
                "served": round(served[name], 2) if is_known else None,
                "health": health_words(name, seen["health"], name in plan.parked),
                "asked_band": asked_band,
                "served_band": served_band,
            }
            for (name, version), (asked_band, served_band) in zip(found.items(), paths, strict=True)
        ],
    }


def _version(name: str, version: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "asked": version["weight"],
        "rate": None if version["rate"] is None else round(version["rate"], 2),
        "errors": round(100 * version["errors"], 2) if version["rate"] else None,
        "p50": version["p50_ms"],
        "p99": version["p99_ms"],
    }


def _alert(alarm: Mapping[str, Any]) -> dict[str, Any]:
    where = f"route {alarm['route']}" if alarm["route"] else "all routes"
    of = f" of {', '.join(alarm['versions'])}" if alarm["versions"] else ""
    return {
        "rule": alarm["rule"],
        "route": alarm["route"],
        "href": f"/models/{quote(alarm['route'], safe='')}#alarms" if alarm["route"] else "/models",
        "severity": alarm["severity"],
        "text": f"{alarm['rule']} on {where}: {alarm['signal']}{of}",
        "count": alarm["count"],
    }


def _process(process: Mapping[str, Any]) -> dict[str, Any]:
    name = " ".join(filter(None, (process["role"], process["service"])))
    if process["role"] in ("worker", "replica"):
        name += f" {process['number']}"
    if process["role"] == "worker":
        name += f", {process['connections']} connection{'' if process['connections'] == 1 else 's'}"
    if times := process["restarts"]:
        name += ", restarted once" if times == 1 else f", restarted {times} times"
    kind = "good" if process["state"] in WELL else "warn" if process["state"] == "starting" else "bad"
    return {"name": name, "state": process["state"], "kind": kind}
