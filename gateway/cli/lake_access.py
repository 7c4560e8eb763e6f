"""The request log as the verbs open it: with the journal's revisions and the live plan's policies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.cli.common import Running
from gateway.routing.journal import head, latest, opened

if TYPE_CHECKING:
    from gateway.requestlog.lake import Lake, RevisionRow
    from gateway.requestlog.secrets import Secrets
    from gateway.routing.plan import RoutingPlan

REVISIONS = 1_000
"""The latest ones, which `revisions` shows; what each changed has to be worked out."""


def connected(
    running: Running, sql: str, *, memory: str = "512MB", threads: int = 2, writable: Path | None = None
) -> Lake:
    """Return the log for one query; raises GatewayError where it cannot be read."""
    from gateway.requestlog.lake import connect

    plan = plan_of(running)
    policies = {route.name: route.log.labels for route in plan.routes if route.log} if plan else {}
    wanted = "" if sql.split(None, 1)[:1] in (["SHOW"], ["show"]) else sql
    has_key = plan is not None and plan.log.encryption_key and "decrypt" in sql.casefold()
    return connect(
        running.places.log,
        revisions=_revisions(running) if "revisions" in sql.casefold() else (),
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


def _revisions(running: Running) -> Iterator[RevisionRow]:
    from gateway.routing.difference import difference

    with opened(running.places.journal) as connection:
        found = latest(connection, REVISIONS + 1)
    for position, revision in enumerate(found[:REVISIONS]):
        before = found[position + 1].plan if position + 1 < len(found) else None
        what = "; ".join(difference(before, revision.plan))
        yield revision.revision, revision.at, revision.author, revision.reason, what or revision.action
