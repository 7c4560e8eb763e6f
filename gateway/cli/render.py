"""What the verbs print for people: tables with colour on a terminal, plain text elsewhere."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from gateway.cli.common import print_json
from gateway.routing.difference import difference
from gateway.routing.plan import RoutingPlan, Service
from gateway.routing.revise import shares_of

if TYPE_CHECKING:
    from gateway.assemble import Running
    from gateway.routing.journal import Revision


WARNINGS_SHOWN = 20


def welcome(running: Running) -> str:
    """Say what runs where and how to try it."""
    kind = "compiled" if running.compiled else "plain Python; `make compile` makes them faster"
    lines = [
        f"gateway is ready after {running.seconds:.1f} s",
        f"  requests   http://{running.listen}  ({running.workers} workers, {kind})",
        *([f"  requests   https://{running.plan.tls.listen}"] if running.plan.tls else []),
        f"  admin      http://{running.admin}/api/v1/status",
        f"  state      {running.state}",
    ]
    late = [f"  not answering yet: {name}; the log says why" for name in running.not_ready]
    return "\n".join([*lines, plan_in_brief(running.plan), *late, *_try_it(running)])


def ready(running: Running) -> str:
    """Say the same to programs, on one line."""
    found = {"listen": running.listen, "admin": running.admin, "state": str(running.state)}
    return json.dumps({**found, "seconds": round(running.seconds, 3), "not_ready": running.not_ready})


def _try_it(running: Running) -> list[str]:
    """Return a request to paste, for the first route that a model of ours answers."""
    from gateway.serving.example import example_request

    for route in running.plan.routes:
        service = running.plan.service(route.stable)
        if service is not None and service.model:
            body = example_request(running.config.parent / service.model)
            url = f"http://{running.listen}{route.path.rstrip('/')}/infer"
            return ["", "Try it:", f"curl -si {url} -H 'x-user-id: 42' -d '{body}'"]
    return ["", "Try it:", f"curl -i http://{running.listen}{running.plan.routes[0].path}"]


def plan_in_brief(plan: RoutingPlan) -> str:
    """Return a line for each service and route."""
    lines = [f"  service {s.name}: {where(s)}" for s in plan.services[:50]]
    for route in plan.routes[:50]:
        shares = ", ".join(f"{name} {share:g} %" for name, share in shares_of(route).items())
        lines.append(f"  route {route.name} at {route.path}: {shares}; stable is {route.stable}")
    return "\n".join(lines)


def where(service: Service) -> str:
    """Say where a service runs."""
    if service.urls:
        return ", ".join(service.urls)
    return f"{service.model} ({service.replicas} replica{'s' if service.replicas > 1 else ''})"


def tell_change(plan: RoutingPlan, changed: bool, complaint: dict[str, str] | None, *, as_json: bool) -> None:
    """Say what is live after a change."""
    if as_json:
        routes = [{"name": r.name, "weights": shares_of(r)} for r in plan.routes]
        file = complaint["message"] if complaint else ""
        print_json({"revision": plan.revision, "changed": changed, "routes": routes, "file": file})
        return
    print(
        f"revision {plan.revision} is live" if changed else f"nothing to change at revision {plan.revision}"
    )
    for route in plan.routes[:20]:
        shares = ", ".join(f"{name} {share:g} %" for name, share in shares_of(route).items())
        print(f"  {route.name}: {shares}")
    if complaint:
        print(f"warning: {complaint['message']}", file=sys.stderr)


def history_entries(revisions: list[Revision]) -> list[dict[str, Any]]:
    """Return revisions, newest first, each with its difference to the one before it in the list."""
    entries = []
    for position, revision in enumerate(revisions):
        before = revisions[position + 1].plan if position + 1 < len(revisions) else None
        entries.append(
            {
                "revision": revision.revision,
                "at": datetime.fromtimestamp(revision.at, UTC).isoformat(timespec="milliseconds"),
                "author": revision.author,
                "action": revision.action,
                "reason": revision.reason,
                "changes": difference(before, revision.plan),
            }
        )
    return entries


def history_lines(entries: list[dict[str, Any]]) -> str:
    """Return the history as text: a line for each revision, what changed below it."""
    lines = []
    for entry in entries:
        reason = f"  ({entry['reason']})" if entry["reason"] else ""
        at = entry["at"][:19].replace("T", " ")
        lines.append(f"{entry['revision']:<4} {at} UTC  {entry['author']}  {entry['action']}{reason}")
        lines += [f"       {change}" for change in entry["changes"]]
    return "\n".join(lines) or "no revisions yet"


def status_tables(status: dict[str, Any]) -> RenderableType:
    """Draw the status: what is not as it should be, each route, the processes."""
    parts: list[RenderableType] = [
        Text(
            f"revision {status['revision']}   requests {status['listen']}"
            f"{'   TLS ' + status['tls'] if status['tls'] else ''}   admin {status['admin']}"
        )
    ]
    file = status["file"]
    if not file["ok"]:
        parts.append(Text(f"{status['config']} is not what is live: {file['message']}", style="bold red"))
    parts += [Text(warning, style="bold red") for warning in status["warnings"][:WARNINGS_SHOWN]]
    if (more := len(status["warnings"]) - WARNINGS_SHOWN) > 0:
        parts.append(Text(f"and {more} more; see: gateway status --json", style="bold red"))
    for route in status["routes"][:50]:
        parts += [Text(""), route_table(route)]
    if status["services"]:
        parts += [Text(""), service_table(status["services"])]
    parts += [Text(""), process_table(status["processes"])]
    return Group(*parts)


def route_table(route: dict[str, Any]) -> Table:
    """Draw one route: asked, served and how each version does; fits a terminal of 80 columns."""
    since = f"since revision {route['since']['revision']}"
    title = f"{route['name']} at {route['path']}, stable is {route['stable']}, {since}"
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("version", no_wrap=True)
    for column in ("asked %", "served %", "requests", "req/s", "errors %", "p50 ms", "p99 ms", "fallback"):
        table.add_column(column, justify="right", no_wrap=True)
    for name, version in route["versions"].items():
        table.add_row(
            Text(name, style="bold" if name == route["stable"] else ""),
            f"{version['weight']:g}",
            _number(version["served"], 2),
            compact(version["interval_requests"]),
            compact(version["rate"], 1),
            Text(f"{version['errors'] * 100:.2f}", style="red" if version["errors"] > 0 else ""),
            _number(version["p50_ms"], 2),
            _number(version["p99_ms"], 2),
            compact(version["fallbacks"]),
        )
    return table


def service_table(services: list[dict[str, Any]]) -> Table:
    """Draw the services that run elsewhere, and whether they can be reached."""
    table = Table("service", "address", "health", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for service in services:
        table.add_row(service["name"], service["address"], _health(service["healthy"]))
    return table


def process_table(processes: list[dict[str, Any]]) -> Table:
    """Draw every process and its health."""
    table = Table("process", "pid", "health", "restarts", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for process in processes:
        name = f"{process['role']} {process['service']}".strip()
        if process["role"] in ("worker", "replica"):
            name += f" {process['number']}"
        table.add_row(name, str(process["pid"] or "–"), _health(process["healthy"]), str(process["restarts"]))
    return table


def _health(healthy: bool) -> Text:
    return Text("healthy" if healthy else "DOWN", style="green" if healthy else "bold red")


def compact(number: float, digits: int = 0) -> str:
    """Write a count in at most six characters: 12345 as 12.3k."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if number >= size:
            return f"{number / (1e3 if unit == 'k' else size):.1f}{unit}"
    return f"{number:.{digits}f}"


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"
