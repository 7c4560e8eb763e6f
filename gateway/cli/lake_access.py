"""The request log as the verbs open it: with the journal's revisions and the live plan's policies."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gateway.cli.common import Running
from gateway.routing.journal import head, opened

if TYPE_CHECKING:
    from gateway.requestlog.lake import Lake
    from gateway.requestlog.secrets import Secrets
    from gateway.routing.plan import RoutingPlan


def connected(
    running: Running, sql: str, *, memory: str = "512MB", threads: int = 2, writable: Path | None = None
) -> Lake:
    """Return the log for one query; raises GatewayError where it cannot be read."""
    from gateway.requestlog.lake import connect
    from gateway.routing.revision_rows import revision_rows

    plan = plan_of(running)
    policies = {route.name: route.log.labels for route in plan.routes if route.log} if plan else {}
    wanted = "" if sql.split(None, 1)[:1] in (["SHOW"], ["show"]) else sql
    has_key = plan is not None and plan.log.encryption_key and "decrypt" in sql.casefold()
    return connect(
        running.places.log,
        revisions=revision_rows(running.places.journal) if "revisions" in sql.casefold() else (),
        policies=policies,
        decrypt=secrets_of(running).decrypt if has_key else None,
        memory_limit=memory,
        threads=threads,
        wanted=wanted,
        writable=writable,
    )


def plan_of(running: Running) -> RoutingPlan | None:
    """Return the latest plan in the journal, None where there is none yet."""
    with opened(running.places.journal) as connection:
        found = head(connection)
    return found.plan if found else None


def secrets_of(running: Running) -> Secrets:
    """Return what pseudonyms and encryption need; raises GatewayError where it cannot be had."""
    from gateway.requestlog.policy import LogSettings
    from gateway.requestlog.secrets import Secrets

    plan = plan_of(running)
    settings = plan.log if plan else LogSettings()
    return Secrets.load(running.places.log, settings, Path(running.config).parent)
