"""What the verbs print for people, but for the status, which has tables."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gateway.cli.common import print_json
from gateway.routing.difference import difference
from gateway.routing.difference_log import shown_share
from gateway.routing.plan import RoutingPlan, Service
from gateway.routing.revise import shares_of
from gateway.supervision.compiled import PACKAGE

if TYPE_CHECKING:
    from gateway.assemble.options import Running
    from gateway.routing.journal import Revision


def welcome(running: Running) -> str:
    """Say what runs where and how to try it."""
    faster = "; `make compile` makes them faster" if (PACKAGE.parent / "Makefile").is_file() else ""
    kind = "compiled" if running.compiled else f"plain Python{faster}"
    lines = [
        f"gateway is ready after {running.seconds:.1f} s",
        f"  requests   http://{running.listen}  ({running.workers} workers, {kind})",
        *([f"  requests   https://{running.plan.tls.listen}"] if running.plan.tls else []),
        f"  dashboard  {'https' if running.plan.admin_settings.tls else 'http'}://{running.admin}",
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
    return "\n".join([*lines, *_watched(plan)])


def _watched(plan: RoutingPlan) -> list[str]:
    """Return a line about the log where it is not as usual, and one for each sink."""
    policies = [route.log for route in plan.routes]
    lines = []
    if off := policies.count(None):
        lines.append(f"  log: off for {off} of {len(policies)} routes")
    if strict := sum(policy is not None and policy.filter.mode == "strict" for policy in policies):
        lines.append(f"  log: strict for {strict} of {len(policies)} routes")
    lines += [f"  sink {sink.name}: {sink.kind}" for sink in plan.sinks]
    return lines + ([f"  tracing: {shown_share(plan.tracing.sample)}"] if plan.tracing.otlp else [])


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
