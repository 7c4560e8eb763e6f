"""What `gateway status` prints: tables with colour on a terminal, plain text elsewhere."""

from __future__ import annotations

import sys
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from gateway.cli.numbers import UNKNOWN, compact, fixed, in_bytes
from gateway.cli.rollout_brief import brief
from gateway.cli.rollout_view import drawn
from gateway.control.rollouts.standing import is_under_way

WARNINGS_SHOWN = 20
UNWRAPPED = 100_000
"""Columns of what is no terminal: a line that was wrapped cannot be found by grep."""

STYLES = {
    **dict.fromkeys(("up", "healthy"), "green"),
    **dict.fromkeys(("warming", "draining", "starting"), "yellow"),
    **dict.fromkeys(("unwell", "ejected", "down", "hung", "stopped"), "bold red"),
}


def console() -> Console:
    """Return where tables are drawn: on a terminal as wide as it is, elsewhere without wrapping."""
    return Console(markup=False, width=None if sys.stdout.isatty() else UNWRAPPED)


def status_tables(status: dict[str, Any], *, is_live: bool = False) -> RenderableType:
    """Draw the status: what is not as it should be, each route, the processes.

    `is_live`: rollouts are drawn in full, and the routes that have one under way come first.
    """
    parts: list[RenderableType] = [
        Text(
            f"revision {status['revision']}   requests {status['listen']}"
            f"{'   TLS ' + status['tls'] if status['tls'] else ''}   admin {status['admin']}"
        )
    ]
    parts += [Text(warning, style="bold red") for warning in status["warnings"][:WARNINGS_SHOWN]]
    if (more := len(status["warnings"]) - WARNINGS_SHOWN) > 0:
        parts.append(Text(f"and {more} more; see: gateway status --json", style="bold red"))
    routes = sorted(status["routes"], key=lambda r: is_live and not is_under_way(r["rollout"]))
    for route in routes[:50]:
        parts += [Text(""), Text(route_title(route), style="italic"), route_table(route)]
        parts += _rollout(route["rollout"], is_live=is_live)
    if status["services"]:
        parts += [Text(""), service_table(status["services"])]
    parts += [Text(""), log_line(status["log"])]
    parts += [Text(""), process_table(status["processes"])]
    return Group(*parts)


def _rollout(rollout: dict[str, Any], *, is_live: bool) -> list[RenderableType]:
    if is_live and rollout["progress"] is not None:
        return [Text(""), drawn(rollout)]
    return list(brief(rollout))


def route_title(route: dict[str, Any]) -> str:
    """Return the line above a route's table; a title of the table would be wrapped at its width."""
    since = f"since revision {route['since']['revision']}"
    rate = f"\n{compact(route['rate'], 1)} req/s over the last {route['rate_seconds']:.0f} s"
    known = f"{route['name']} at {route['path']}, stable is {route['stable']}, {since}"
    return known + rate if route["rate"] else known


def route_table(route: dict[str, Any]) -> Table:
    """Draw one route: asked, served and how each version does; fits a terminal of 80 columns."""
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("version", no_wrap=True)
    for column in ("asked %", "served %", "requests", "req/s", "errors %", "p50 ms", "p99 ms", "fallback"):
        table.add_column(column, justify="right", no_wrap=True)
    for name, version in route["versions"].items():
        table.add_row(
            Text(name, style="bold" if name == route["stable"] else ""),
            f"{version['weight']:g}",
            fixed(version["served"], 2),
            compact(version["interval_requests"]),
            UNKNOWN if version["rate"] is None else compact(version["rate"], 1),
            Text(f"{version['errors'] * 100:.2f}", style="red" if version["errors"] > 0 else ""),
            fixed(version["p50_ms"], 2),
            fixed(version["p99_ms"], 2),
            compact(version["fallbacks"]),
        )
    return table


def service_table(services: list[dict[str, Any]]) -> Table:
    """Draw the services that run elsewhere, and how the workers see them."""
    table = Table("service", "address", "health", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for service in services:
        table.add_row(service["name"], service["address"], replica_state(service))
    return table


def log_line(log: dict[str, Any]) -> Text:
    """Say how the request log does."""
    words = [f"request log: {log['state']}"]
    if log["state"] not in ("off", "stopped"):
        words += [f"{compact(log['records'])} records", f"{compact(log['records_per_second'], 1)}/s"]
        words += [f"{log['lag_ms']:.0f} ms behind"]
    words.append(f"{in_bytes(log['bytes'])} on disk")
    if log["dropped"]:
        reasons = (f"{reason} {count}" for reason, count in sorted(log["dropped"].items()))
        words.append(f"dropped: {', '.join(reasons)}")
    if log["gaps"]:
        words.append(f"{log['gaps']} gaps")
    style = "bold red" if log["state"] in ("dropping", "failing", "down") else ""
    found = Text(", ".join(words), style=style)  # why, the warnings above have said
    for sink in log["sinks"]:
        found.append(f"\n{sink['sentence']}", style="" if sink["is_well"] else "bold red")
    return found


def process_table(processes: list[dict[str, Any]]) -> Table:
    """Draw every process and its health."""
    table = Table("process", "pid", "health", "restarts", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for process in processes:
        name = f"{process['role']} {process['service']}".strip()
        if process["role"] in ("worker", "replica"):
            name += f" {process['number']}"
        table.add_row(name, str(process["pid"] or "–"), process_state(process), str(process["restarts"]))
    return table


def replica_state(service: dict[str, Any]) -> Text:
    """Say how the workers see an address, in their own words: the worst, by how many of them, and why."""
    state, seen = service["state"], service["seen"]
    text = state if len(seen) < 2 else f"{state} for {seen[state]} of {sum(seen.values())} workers"
    return Text(f"{text}: {service['reason']}" if service["reason"] else text, style=STYLES[state])


def process_state(process: dict[str, Any]) -> Text:
    """Say in a word whether a process does its work."""
    state = process["state"]
    return Text("DOWN" if state == "down" else state, style=STYLES[state])
