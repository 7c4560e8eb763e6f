"""From rules and signals to alerts: what holds, since when, by how much, of which version.

Pure: who keeps them, and who is told, stands elsewhere.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from gateway.routing.watches import AlertRule
from gateway.statistics.decay import ALPHA
from gateway.watching.alert_states import Course, Reading, State, step
from gateway.watching.signals import Signal

Key = tuple[str, str, str, str]
"""rule, route, version, field."""
REMEMBERED = 7 * 86_400.0
"""Seconds for which a resolved alert is shown."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert as it stood `at` a moment (seconds since 1970).

    `before` is the value in the window before it began, `reference` that of training; None where unknown.
    `start` and `end` are the window that the value is of. `query` shows it in SQL, empty: the log has it not.
    """

    rule: str
    route: str
    version: str
    field: str
    signal: str
    comparison: str
    threshold: float
    severity: str
    course: Course = dataclasses.field(default_factory=Course)
    at: float = 0.0
    value: float | None = None
    n: int = 0
    reference: float | None = None
    before: float | None = None
    start: float = 0.0
    end: float = 0.0
    query: str = ""
    detail: str = ""

    @property
    def key(self) -> Key:
        """What tells it from all others."""
        return self.rule, self.route, self.version, self.field

    @property
    def state(self) -> State:
        """Its state."""
        return self.course.state


def to_document(alert: Alert) -> dict[str, Any]:
    """Return an alert as plain JSON values."""
    return asdict(alert)


def from_document(document: Mapping[str, Any]) -> Alert:
    """Return the alert that `to_document` made."""
    return Alert(**{**document, "course": Course(**document["course"])})


def concerns(rule: AlertRule, route: str) -> bool:
    """Tell whether a rule looks at a route (empty: what concerns all of them)."""
    return not rule.routes or route in rule.routes or not route


def matching(rule: AlertRule, signals: Iterable[Signal]) -> Iterator[Signal]:
    """Yield the signals that a rule compares."""
    for signal in signals:
        is_field = not rule.field or rule.field == signal.field
        is_version = not rule.versions or signal.version in rule.versions
        if signal.name == rule.signal and is_field and is_version:
            yield signal


def reading_of(rule: AlertRule, signal: Signal | None, *, is_on: bool = False) -> Reading:
    """Tell whether a rule holds of a signal, as far as there is enough data; `is_on`: it did before."""
    if signal is None or signal.value is None or (signal.n < rule.least and signal.name != "rate"):
        return "no data"  # of a rate, few answers are what it says
    return "holds" if _is_beyond(rule, signal.value, is_on=is_on) else "not"


def _is_beyond(rule: AlertRule, value: float, *, is_on: bool) -> bool:
    if rule.signal == "decay" and rule.comparison == ">":
        # As `Decay.raised`: evidence is enough once it is reached, and holds until days speak against it.
        return value >= rule.value or (is_on and value > released(rule.value))
    return value > rule.value if rule.comparison == ">" else value < rule.value


def released(threshold: float) -> float:
    """Return how far evidence of decay must fall for an alarm to be over that was raised at a threshold."""
    return threshold * ALPHA


def moved(rule: AlertRule, alert: Alert, signal: Signal | None, at: float) -> Alert:
    """Return an alert after a look `at` a moment; what it says stays what it was while there is no data."""
    reading = reading_of(rule, signal, is_on=alert.state in ("pending", "firing"))
    course = step(alert.course, reading, at, rule.hold)
    said = {"comparison": rule.comparison, "threshold": rule.value, "severity": rule.severity, "at": at}
    alert = replace(alert, course=course, **said)  # type: ignore[arg-type]
    if reading == "no data" or signal is None:
        return alert
    return replace(alert, value=signal.value, n=signal.n, reference=signal.reference, detail=signal.detail)


def looked_at(
    rule: AlertRule, route: str, signals: Mapping[tuple[str, str, str], Signal], known: Mapping[Key, Alert]
) -> Iterator[tuple[Alert, Signal | None]]:
    """Yield every alert that a rule may have on a route, with its signal of now: None where there is none."""
    seen: set[Key] = set()
    for signal in matching(rule, signals.values()):
        key = (rule.name, route, signal.version, signal.field)
        seen.add(key)
        yield known.get(key) or new(rule, route, signal), signal
    for key, alert in known.items():
        if key[:2] == (rule.name, route) and key not in seen:
            yield alert, None


def new(rule: AlertRule, route: str, signal: Signal) -> Alert:
    """Return an alert that has never been looked at."""
    return Alert(
        rule.name,
        route,
        signal.version,
        signal.field,
        rule.signal,
        rule.comparison,
        rule.value,
        rule.severity,
    )


def ended(alert: Alert) -> Alert:
    """Return an alert that is over as of its last look, because nothing will be known of it any more."""
    return replace(alert, course=replace(alert.course, state="resolved", resolved=alert.at))


def is_worth_keeping(alert: Alert, at: float) -> bool:
    """Tell whether an alert has anything to be remembered `at` a moment."""
    if alert.state == "resolved":
        return at - alert.course.resolved < REMEMBERED
    return alert.state != "inactive"
