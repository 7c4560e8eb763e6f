"""`gateway rollback`: everything to stable, at once.

The one command that must work when nothing else does. It asks no process: it writes the journal and the plan
slot itself, so it works while the control process is dead, and it loads nothing it does not need before the
new plan is out. Only then is routing.yaml brought to say so.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable
from time import perf_counter, time

from gateway.cli.common import (
    Running,
    author,
    check_published,
    fail,
    find_running,
    print_json,
    say,
    trouble,
    write_file,
)
from gateway.cli.rollback_told import rollouts_told
from gateway.errors import GatewayError
from gateway.routing.change import Request, commit, restore
from gateway.routing.plan import RoutingPlan
from gateway.routing.revise import roll_back, shares_of
from gateway.routing.slot import published

USAGE = """Usage: gateway rollback [--route NAME] [--to REV] [--reason TEXT]
                        [--state-dir DIR] [--config FILE] [--json]

Send everything of every route (or of one) to its stable service, at once; --to REV brings back an earlier
revision instead. Works while the control process is dead.

Example: gateway rollback --reason "errors on canary"
"""
_DIGITS = 19  # no revision has as many
_WITH_VALUE = ("--route", "--to", "--reason", "--state-dir", "--config")


def main(arguments: list[str]) -> int:
    """Run the command; return its exit code."""
    began = perf_counter()
    try:
        options = _parsed(arguments)
    except ValueError as error:
        print(f"gateway rollback: {error}\n\n{USAGE}", file=sys.stderr)
        return 2
    if "--help" in options:
        print(USAGE)
        return 0
    try:
        return _run(options, began)
    except GatewayError as error:
        return fail(error, as_json="--json" in options)
    except (OSError, sqlite3.Error) as error:
        return fail(trouble(error), as_json="--json" in options)


def _parsed(arguments: list[str]) -> dict[str, str]:
    options: dict[str, str] = {}
    rest = list(arguments)
    while rest:
        name, has_value, value = rest.pop(0).partition("=")
        if name in ("--json", "--help", "-h"):
            if has_value:
                raise ValueError(f"{name} takes no value")
            options["--help" if name == "-h" else name] = "yes"
        elif name not in _WITH_VALUE:
            raise ValueError(f"{name} is not an option of rollback")
        elif not has_value and not rest:
            raise ValueError(f"{name} needs a value")
        else:
            options[name] = value if has_value else rest.pop(0)
    if "--to" in options:
        options["--to"] = options["--to"].removeprefix("r")
        if not (options["--to"].isdecimal() and len(options["--to"]) < _DIGITS):
            raise ValueError("--to needs the number of a revision, as `gateway history` shows it")
        if "--route" in options:
            raise ValueError("--to brings back a whole revision, so it cannot go with --route")
    return options


def _run(options: dict[str, str], began: float) -> int:
    running = find_running(options.get("--state-dir"), options.get("--config"))
    moments: list[float] = []
    before, plan, changed = _changed(running, options, lambda: moments.append(perf_counter()))
    milliseconds = (moments[0] - began) * 1000  # the trail's entry comes after it is live
    check_published(running, plan.revision)
    if "--json" not in options:
        _tell(before, plan, changed, milliseconds)
    problem = write_file(running, plan.revision)
    if "--json" in options:
        print_json(
            {
                "revision": plan.revision,
                "changed": changed,
                "milliseconds": round(milliseconds, 2),
                "routes": [{"name": r.name, "weights": shares_of(r)} for r in plan.routes],
                "file": problem["message"] if problem else "",
            }
        )
    elif problem:
        print(f"warning: {problem['message']}", file=sys.stderr)
    return 0


def _changed(
    running: Running, options: dict[str, str], live: Callable[[], None]
) -> tuple[RoutingPlan | None, RoutingPlan, bool]:
    """Do it; return the plan before, the live plan, and whether that is a new revision.

    `live` is called once it is published.
    """
    reason = options.get("--reason", "")
    if "--to" in options:
        request = Request("restore", author(), reason or f"back to revision {options['--to']}")
        before = published(running.places)
        return before, *restore(running.places, request, int(options["--to"]), live)
    heads: list[RoutingPlan] = []

    def back(head: RoutingPlan) -> RoutingPlan:
        heads.append(head)
        return roll_back(head, options.get("--route"), time())

    plan, changed = commit(running.places, Request("rollback", author(), reason), back, live=live)
    return heads[-1], plan, changed


def _tell(before: RoutingPlan | None, plan: RoutingPlan, changed: bool, milliseconds: float) -> None:
    if changed:
        lines = [f"revision {plan.revision} is live after {milliseconds:.1f} ms"]
    else:
        lines = [f"nothing to change: revision {plan.revision} is live and says so already"]
    for route in plan.routes[:20]:
        shares = ", ".join(f"{name} {share:g} %" for name, share in shares_of(route).items())
        lines.append(f"  {route.name}: {shares}")
    if before is not None:
        lines += [*_addresses(before, plan), *(f"  {line}" for line in rollouts_told(before, plan, time()))]
    say("\n".join(lines))


def _addresses(before: RoutingPlan, plan: RoutingPlan) -> list[str]:
    """An earlier revision may bring what takes effect at the next reload or start alone."""
    pairs = (
        ("listen", before.listen, plan.listen, "reload"),
        ("tls listen", _tls(before), _tls(plan), "reload"),
        ("admin", before.admin, plan.admin, "reload"),
        ("log.buffer in bytes", before.log.buffer, plan.log.buffer, "reload"),
    )
    return [
        f"  {name}: {old} -> {new}, from the next `gateway {verb}` on"
        for name, old, new, verb in pairs
        if old != new
    ]


def _tls(plan: RoutingPlan) -> str:
    return plan.tls.listen if plan.tls else "none"
