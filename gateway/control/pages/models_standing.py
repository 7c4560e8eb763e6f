"""What stands beside a version on the pages of models: its alarms, or why what is far off is none.

"No alarms" beside a drift of 3 would be a riddle: whatever lies beyond the threshold of a rule is named, with
what keeps it from being an alarm.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from gateway.control.pages.models_view import figure
from gateway.control.pages.models_view import span as span_of
from gateway.routing.plan import Route
from gateway.routing.watches import DEFAULT_ALERTS, AlertRule
from gateway.watching.alerts import concerns, matching, reading_of
from gateway.watching.signals import Signal

Alarm = dict[str, Any]
Value = dict[str, Any]
_USUAL: Final = tuple(rule for rule in DEFAULT_ALERTS if rule.signal in ("drift", "output_drift"))
"""Without any rule for drift, what these call far is still said to be far."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing to be said of a version: `kind` good, warn, bad or faint, a `sign` and words for it."""

    kind: str
    sign: str
    word: str
    why: str = ""


CALM: Final = Mark("good", "✓", "no alarms")
IDLE: Final = Mark("faint", "–", "no requests, so no alarms")
UNSEEN: Final = Mark("faint", "–", "no look yet, so no alarms")
UNWATCHED: Final = Mark("faint", "–", "not watched, so no alarms")


def absence(route: Route, *, is_new: bool, span: str) -> tuple[str, Mark]:
    """Return what is said of a version of which nothing was seen: of its answers, and of its alarms.

    `is_new`: the watcher has not looked at the route yet, or not since the version's requests came.
    """
    if route.log is None or "software" not in route.monitor.groups:
        return "not watched: see log and monitor of the route", UNWATCHED
    if is_new:
        return f"not looked at yet; the first look is within {_brief(route.monitor.every)}", UNSEEN
    return f"no requests in this {span}", IDLE


def _brief(seconds: float) -> str:
    """Return a stretch of time as people say it: `a minute`, `15 minutes`."""
    said = span_of(seconds)
    if said[0].isdigit():
        return said
    return f"an {said}" if said == "hour" else f"a {said}"


def standing(
    version: str,
    route: str,
    values: Iterable[Value],
    alarms: Iterable[Alarm],
    rules: Sequence[AlertRule],
    idle: Mark = IDLE,
) -> list[Mark]:
    """Return what is to be said of a version (empty: of its route), the worst first, never nothing.

    `values` and `alarms` are those of the route as `gateway.watching.overview` has them, `idle` is said
    where no request was seen.
    """
    own = [one for one in values if one["version"] == version]
    marks = [*_raised(one for one in alarms if one["version"] == version), *_quiet(route, own, rules)]
    return marks or [CALM if any(one["n"] for one in own) else idle]


def _raised(alarms: Iterable[Alarm]) -> list[Mark]:
    groups: dict[tuple[bool, str], list[Alarm]] = {}
    for one in alarms:
        groups.setdefault((one["state"] != "firing", one["rule"]), []).append(one)
    return [_mark(rule, is_pending, of) for (is_pending, rule), of in sorted(groups.items())]


def _mark(rule: str, is_pending: bool, of: list[Alarm]) -> Mark:
    many = f" × {len(of)}" if len(of) > 1 else ""
    why = of[0]["why"]  # the list of alarms has them all
    if is_pending:
        since = min(one["since"] or "" for one in of)
        return Mark("warn", "△", f"{rule}{many}, pending since {since[11:16]} UTC", why)
    silenced = ", silenced" if all(one.get("silenced") for one in of) else ""
    return Mark("bad", "▲", f"alarm: {rule}{many}{silenced}", why)


def _quiet(route: str, values: Iterable[Value], rules: Sequence[AlertRule]) -> list[Mark]:
    """Return marks of what lies beyond a threshold without being an alarm, by signal and reason."""
    groups: dict[tuple[str, str], list[Value]] = {}
    for one in values:
        if one["state"] in ("pending", "firing"):
            continue
        reason = _why_not(route, one, rules)
        if reason:
            groups.setdefault((one["signal"], reason), []).append(one)
    return [_far(signal, reason, of) for (signal, reason), of in groups.items()]


def _far(signal: str, reason: str, of: list[Value]) -> Mark:
    worst = max(of, key=lambda one: abs(one["value"]))
    field = f" of {worst['field']}" if worst["field"] else ""
    more = f" and {len(of) - 1} more" if len(of) > 1 else ""
    word = f"{signal.replace('_', ' ')} {figure(signal, worst['value'])}{field}{more}: no alarm"
    return Mark("warn", "△", word, reason)


def _why_not(route: str, one: Value, rules: Sequence[AlertRule]) -> str:
    """Return why a value that is far off raised no alarm, empty where it is not far off."""
    signal = Signal(one["signal"], one["version"], one["field"], one["value"], one["n"])
    looking = [rule for rule in rules if concerns(rule, route) and [*matching(rule, [signal])]]
    for rule in looking:
        if not _is_far(rule, signal):
            continue
        if reading_of(rule, signal) == "no data":
            return f"the rule {rule.name} needs {rule.least:,} in the window, and there are {one['n']:,}"
        return f"the rule {rule.name} has not been looked at yet; the next look, within a minute, decides"
    if not looking and any(rule.signal == one["signal"] and _is_far(rule, signal) for rule in _USUAL):
        return "no rule of routing.yaml looks at it"
    return ""


def _is_far(rule: AlertRule, signal: Signal) -> bool:
    """Tell whether a rule would hold of a value if there were enough of it."""
    enough = replace(signal, n=max(signal.n, rule.least))
    return reading_of(rule, enough) == "holds"
