"""Who is told what and how often: the alerts of one rule and route are one message.

A message goes out when the first of them fires, when further ones do (not more often than every five
minutes), every four hours as long as any fires, and when they are resolved. What is silenced is not told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.watching.alerts import Alert
from gateway.watching.sentences import sentence, time_of, together

GATHER = 300.0
REPEAT = 4 * 3600.0

Member = tuple[str, str]
"""version, field."""


@dataclass(frozen=True, slots=True)
class Silence:
    """Nobody is told of a rule, on one route or (empty) on all, until a time (seconds since 1970)."""

    id: int
    rule: str
    route: str
    author: str
    reason: str
    since: float
    until: float


@dataclass(frozen=True, slots=True)
class Notice:
    """What was told last of one rule and route, and when."""

    at: float
    members: tuple[Member, ...]


Notices = Mapping[tuple[str, str], Notice]


def is_silenced(alert: Alert, silences: Iterable[Silence], now: float) -> bool:
    """Tell whether nobody is to be told of an alert now."""
    of_rule = (it for it in silences if it.rule == alert.rule and it.route in ("", alert.route))
    return any(it.since <= now < it.until for it in of_rule)


def due(
    alerts: Iterable[Alert], known: Notices, silences: Iterable[Silence], now: float
) -> list[tuple[tuple[str, str], Notice | None, dict[str, Any] | None]]:
    """Return by rule and route what is told from now on, None: nothing, and the event to tell if any."""
    quiet = list(silences)
    groups: dict[tuple[str, str], list[Alert]] = {key: [] for key in known}
    for alert in alerts:
        groups.setdefault((alert.rule, alert.route), []).append(alert)
    found = []
    for key in sorted(groups):
        told = _group(groups[key], known.get(key), quiet, now)
        if told is not None:
            found.append((key, *told))
    return found


def _group(
    alerts: list[Alert], before: Notice | None, silences: list[Silence], now: float
) -> tuple[Notice | None, dict[str, Any] | None] | None:
    loud = [it for it in alerts if it.state == "firing" and not is_silenced(it, silences, now)]
    firing = {(it.version, it.field) for it in alerts if it.state == "firing"}
    told = set(before.members) if before else set()
    if before is None or not told:
        return (_notice(loud, now), event("firing", loud, now)) if loud else None
    left = [it for it in alerts if (it.version, it.field) in told - firing]
    if not told & firing:  # whatever it was that was told, it is over
        heard = [it for it in left if not is_silenced(it, silences, now)]
        if loud:
            return _notice(loud, now), event("firing", loud, now)
        return None, event("resolved", heard, now) if heard else None
    if not loud:
        return None
    is_more = any((it.version, it.field) not in told for it in loud) and now - before.at >= GATHER
    is_again = now - before.at >= REPEAT and not all(it.course.is_blind for it in loud)
    return (_notice(loud, now), event("firing", loud, now)) if is_more or is_again else None


def _notice(alerts: Iterable[Alert], now: float) -> Notice:
    return Notice(now, tuple((it.version, it.field) for it in alerts))


def event(state: str, alerts: list[Alert], now: float) -> dict[str, Any]:
    """Return what is told of alerts of one rule and route."""
    first = alerts[0]
    return {
        "event": "alert",
        "state": state,
        "rule": first.rule,
        "route": first.route or "(all)",
        "severity": first.severity,
        "signal": first.signal,
        "versions": sorted({it.version for it in alerts if it.version}),
        "fields": sorted({it.field for it in alerts if it.field}),
        "at": time_of(now),
        "why": f"{first.rule} {state}: {together(alerts)}",
        "alerts": [shown(it) for it in alerts],
    }


def shown(alert: Alert) -> dict[str, Any]:
    """Return one alert as people and programs see it."""
    course = alert.course
    return {
        "rule": alert.rule,
        "route": alert.route,
        "version": alert.version,
        "field": alert.field,
        "signal": alert.signal,
        "state": alert.state,
        "severity": alert.severity,
        "value": alert.value,
        "n": alert.n,
        "comparison": alert.comparison,
        "threshold": alert.threshold,
        "before": alert.before,
        "reference": alert.reference,
        "no_data": course.is_blind,
        "since": time_of(course.since) if course.since else None,
        "fired": time_of(course.fired) if course.fired else None,
        "resolved": time_of(course.resolved) if course.resolved else None,
        "why": sentence(alert),
        "query": alert.query,
    }
