"""What is wrong with the setup: routing.yaml not live, addresses that are not bound, a reload that failed."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterator, Mapping
from typing import Any

from gateway.control.status.observation import Observation
from gateway.routing.addresses import Address, parse_address
from gateway.routing.admin_document import admin_changes, admin_from
from gateway.routing.places import Places
from gateway.routing.plan import RoutingPlan
from gateway.supervision.reload_report import FAILED, ReloadReport

_LOCAL = {"localhost", "127.0.0.1", "::1"}


def setup_warnings(seen: Observation, file: Mapping[str, Any], reload: ReloadReport | None) -> Iterator[str]:
    """Yield what is wrong with the file, the listeners and the last reload."""
    if not file["ok"]:
        yield file_warning(seen.running.config or "routing.yaml", seen.plan.revision, file)
    yield from _of_addresses(seen)
    if reload is not None and reload.state == FAILED:
        yield (
            f"the last reload failed, what ran before runs on: {reload.problem}; "
            "mend that and run `gateway reload` again"
        )


def admin_warnings(places: Places, plan: RoutingPlan) -> Iterator[str]:
    """Say where the admin side is not protected as routing.yaml says: whoever saved that relies on it."""
    try:
        in_force = admin_from(json.loads(places.admin_in_force.read_bytes()))
    except (OSError, ValueError):
        return  # it does not run, or has only just begun to
    waiting = list(admin_changes(in_force, plan.admin_settings))
    if waiting:
        yield f"not in force until `gateway reload`: {'; '.join(waiting)}"


def file_warning(config: str, revision: int, file: Mapping[str, Any]) -> str:
    """Say that the file is not what is live, and why."""
    return f"{config} is not what is live (revision {revision} is): {file['message']}"


def _of_addresses(seen: Observation) -> Iterator[str]:
    running = seen.running
    if not running.listen:
        return
    for name, asked, bound in _addresses(seen.plan, running.listen, running.admin, running.tls):
        if name not in running.overrides and not is_same(asked, bound):
            yield (
                f"`{name}` in routing.yaml is {asked or 'gone'}, what is bound is {bound or 'nothing'}: "
                "run `gateway reload`"
            )


def _addresses(plan: RoutingPlan, listen: str, admin: str, tls: str) -> tuple[tuple[str, str, str], ...]:
    return (
        ("listen", plan.listen, listen),
        ("tls.listen", plan.tls.listen if plan.tls else "", tls),
        ("admin", plan.admin, admin),
    )


def is_same(asked: str, bound: str) -> bool:
    """Tell whether a listener bound there is the one asked for; port 0 is any, a name any address."""
    if not asked or not bound:
        return asked == bound
    want, have = parse_address(asked), parse_address(bound)
    if not isinstance(want, Address) or not isinstance(have, Address):
        return False
    is_host = want.host == have.host or {want.host, have.host} <= _LOCAL or _is_name(want.host)
    return is_host and want.port in (0, have.port)


def _is_name(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return True
    return False
