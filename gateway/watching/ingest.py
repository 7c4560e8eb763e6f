"""One look at what is new in the log, for all routes: summaries, bins and marks, to be kept in one piece."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING

from gateway.requestlog.policy import LogPolicy
from gateway.routing.plan import Route
from gateway.watching import count_fields, summarise, truths
from gateway.watching.basis import Basis, digest, from_json, to_json
from gateway.watching.harvests import GATEWAY, GATEWAY_EVERY, READ, SECOND, SOON, TIME, Harvest, Look
from gateway.watching.ingest_labels import take_labels
from gateway.watching.references import FIRST, completed, declared
from gateway.watching.store import Place
from gateway.watching.stretches import Stretch
from gateway.watching.summarise import Group
from gateway.watching.summary import Losses

if TYPE_CHECKING:
    pass

log = logging.getLogger("gateway.watching")


def harvest(look: Look, after: int, upto: int) -> Harvest:
    """Return what the records and labels of a stretch of time say (microseconds since 1970)."""
    found = Harvest(marks={READ: upto})
    found.records = summarise.load(look.connection, after, upto)
    if look.labels:
        found.labels = truths.load(look.connection, look.labels, after, upto)
    _losses(look, found, after, upto)
    for route in look.plan.routes:
        if route.log is not None and route.monitor.groups:
            _guarded(look, found, route, route.log, upto)
    return found


def _guarded(look: Look, found: Harvest, route: Route, policy: LogPolicy, upto: int) -> None:
    """Count a route; one that cannot be counted is told of, and does not keep the others from it."""
    from duckdb import Error

    own = Harvest(records=found.records, labels=found.labels)
    try:
        _route(look, own, route, policy, upto)
    except Error as error:
        log.error("records of route %s could not be counted and are left out: %s", route.name, error)
        found.problems.add(f"records of route {route.name} could not be counted: {error}")
        return
    found.summaries |= own.summaries
    found.marks |= own.marks
    found.bases += own.bases
    found.firsts |= own.firsts


def stretch_of(route: Route, marks: Mapping[str, int], upto: int) -> Stretch:
    """Return how a route's predictions are divided in time."""
    monitor = route.monitor
    return Stretch(
        round(monitor.every * SECOND), monitor.time, upto + SOON, marks.get(f"{TIME}:{route.name}", 0)
    )


def _route(look: Look, found: Harvest, route: Route, policy: LogPolicy, upto: int) -> None:
    stretch = stretch_of(route, look.marks, upto)
    if found.records and "software" in route.monitor.groups:
        counted = summarise.answers(look.connection, route.name, stretch.every)
        for (version, start), answers in counted.items():
            found.add(Place("answers", route.name, version, "", start, stretch.every), answers)
    if set(route.monitor.groups) == {"software"}:
        return
    for group in summarise.groups(look.connection, route.name) if found.records else ():
        _predictions(look, found, group, stretch, policy, upto)
    if found.labels and "quality" in route.monitor.groups:
        take_labels(look, found, route, stretch, policy)


def _predictions(
    look: Look, found: Harvest, group: Group, stretch: Stretch, policy: LogPolicy, upto: int
) -> None:
    basis = _basis(look, found, group, policy, upto)
    name = digest(group.model or "", basis)
    count_fields.unfold(look.connection, group, basis, stretch)
    for start, counted in count_fields.predictions(look.connection, basis).items():
        found.add(Place("predictions", group.route, group.version, name, start, stretch.every), counted)
        seen = f"seen:{group.route}:{group.version}:{group.model or ''}"
        found.marks[seen] = found.marks.get(seen, look.marks.get(seen, 0)) + counted.n
        if stretch.time:
            # The bucket's end would be too early: it may still be filling.
            clock = f"{TIME}:{group.route}"
            found.marks[clock] = max(found.marks.get(clock, look.marks.get(clock, 0)), start)
    found.bases.append((name, group.route, group.version, upto, to_json(basis)))


def _basis(look: Look, found: Harvest, group: Group, policy: LogPolicy, upto: int) -> Basis:
    """Return the bins of a group: training's where it left them, else those of the first values."""
    spec = look.models.spec(group.model)
    own = Basis("first") if spec is None else declared(spec, policy)
    if spec is not None and all(it.counts for it in (*own.inputs, *own.outputs)):
        return own
    key = (group.route, group.version, group.model or "", digest(group.model or "", own))
    known = look.firsts.get(key) or found.firsts.get(key)
    if known:
        return from_json(known)
    if look.marks.get(f"seen:{group.route}:{group.version}:{group.model or ''}", 0) < FIRST:
        return own
    inputs, outputs = count_fields.column_texts(look.connection, group, upto, FIRST)
    made = completed(own, inputs, outputs, policy)
    found.firsts[key] = to_json(made)
    return made


def _losses(look: Look, found: Harvest, after: int, upto: int) -> None:
    every = GATEWAY_EVERY
    rows = look.connection.execute(
        f"SELECT micros // {every} * {every}, NULL, count(*) FROM fresh GROUP BY 1 UNION ALL "  # noqa: S608 - numbers
        f"SELECT epoch_us(until) // {every} * {every}, reason, coalesce(sum(records), 0)::BIGINT FROM gaps "
        f"WHERE until > make_timestamptz({after}) AND until <= make_timestamptz({upto}) GROUP BY 1, 2"
    ).fetchall()
    for start, reason, n in rows:
        losses = Losses(records=n) if reason is None else Losses(reasons={reason: n})
        found.add(Place("losses", GATEWAY, "", "", start, every), losses)
