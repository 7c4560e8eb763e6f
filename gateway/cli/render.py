"""What the verbs print for people: tables with colour on a terminal, plain text elsewhere."""

from __future__ import annotations

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


def welcome(running: Running) -> str:
    """Say what runs where and how to try it."""
    kind = "compiled" if running.compiled else "plain Python; `make compile` makes them faster"
    lines = [
        f"gateway is ready after {running.seconds:.1f} s",
        f"  requests   http://{running.listen}  ({running.workers} workers, {kind})",
        f"  admin      http://{running.admin}/api/v1/status",
        f"  state      {running.state}",
    ]
    return "\n".join([*lines, plan_in_brief(running.plan), *_try_it(running)])


def _try_it(running: Running) -> list[str]:
    """Return a request to paste, for the first route that a model of ours answers."""
    from gateway.serving.example import example_request

    for route in running.plan.routes:
        service = running.plan.service(route.stable)
        if service is not None and service.model:
            body = example_request(running.config.parent / service.model)
            url = f"http://{running.listen}{route.path.rstrip('/')}/infer"
            return ["", "Try it:", f"curl -s {url} -H 'x-user-id: 42' -d '{body}'"]
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


def history_table(entries: list[dict[str, Any]]) -> Table:
    """Draw the history."""
    table = Table(box=None, pad_edge=False)
    for column in ("rev", "time (UTC)", "author", "action"):
        table.add_column(column, no_wrap=True)
    table.add_column("what changed", ratio=2)
    table.add_column("reason", ratio=1)
    for entry in entries:
        table.add_row(
            str(entry["revision"]),
            entry["at"][:19].replace("T", " "),
            entry["author"],
            entry["action"],
            "\n".join(entry["changes"]),
            entry["reason"],
        )
    return table


def status_tables(status: dict[str, Any]) -> RenderableType:
    """Draw the status: the file if it is not what is live, each route, the processes."""
    parts: list[RenderableType] = [
        Text(f"revision {status['revision']}   requests {status['listen']}   admin {status['admin']}")
    ]
    file = status["file"]
    if not file["ok"]:
        parts.append(Text(f"{status['config']} is not what is live: {file['message']}", style="bold red"))
    for route in status["routes"][:50]:
        parts += [Text(""), route_table(route)]
    parts += [Text(""), process_table(status["processes"])]
    return Group(*parts)


def route_table(route: dict[str, Any]) -> Table:
    """Draw one route: asked, served and how each version does."""
    title = f"{route['name']} at {route['path']}, since revision {route['since']['revision']}"
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    table.add_column("version", no_wrap=True)
    for column in ("asked", "served", "requests", "req/s", "errors", "p50", "p99", "fallbacks"):
        table.add_column(column, justify="right", no_wrap=True)
    for name, version in route["versions"].items():
        is_stable = name == route["stable"]
        table.add_row(
            Text(f"{name} (stable)" if is_stable else name, style="bold" if is_stable else ""),
            f"{version['weight']:g} %",
            _percent(version["served"]),
            f"{version['interval_requests']}",
            f"{version['rate']:.1f}",
            Text(f"{version['errors'] * 100:.2f} %", style="red" if version["errors"] > 0 else ""),
            _milliseconds(version["p50_ms"]),
            _milliseconds(version["p99_ms"]),
            str(version["fallbacks"]),
        )
    return table


def process_table(processes: list[dict[str, Any]]) -> Table:
    """Draw every process and its health."""
    table = Table("process", "pid", "health", "restarts", box=None, pad_edge=False)
    for process in processes:
        name = f"{process['role']} {process['service']}".strip()
        if process["role"] in ("worker", "replica"):
            name += f" {process['number']}"
        healthy = process["healthy"]
        health = Text("healthy" if healthy else "DOWN", style="green" if healthy else "bold red")
        table.add_row(name, str(process["pid"]), health, str(process["restarts"]))
    return table


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f} %"


def _milliseconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f} ms"
