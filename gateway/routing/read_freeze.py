"""The `freeze` of a rollout: weekly windows such as `Fri 16:00 - Mon 08:00 Europe/Oslo`."""

from __future__ import annotations

import re
from collections.abc import Callable

from gateway.routing.freeze import MINUTES_A_WEEK
from gateway.routing.report import Report, described, sequence, shown, text
from gateway.routing.rollouts import Freeze
from gateway.routing.yaml_nodes import Node

MAX_WINDOWS = 50
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_EXAMPLE = "Fri 16:00 - Mon 08:00 Europe/Oslo"
_WINDOW = re.compile(
    r"([A-Za-z]+) ([0-9]{1,2}:[0-9]{2}) ?[-–—] ?([A-Za-z]+) ([0-9]{1,2}:[0-9]{2})(?: (\S{1,60}))?"
)

ZoneExists = Callable[[str], str | None]
"""Takes the name of a time zone; returns None where there is one, else a sentence that says why not."""


def any_zone(_: str) -> None:
    """Believe in every time zone: for callers that have nothing but the text."""
    return


def read_freeze(report: Report, node: Node, zone_exists: ZoneExists) -> tuple[Freeze, ...]:
    """Return the windows that can be read; a window without a zone is in UTC."""
    items = sequence(report, node, "freeze", f'["{_EXAMPLE}"]') or ()
    if len(items) > MAX_WINDOWS:
        report.add(node, f"there are {len(items)} windows; at most {MAX_WINDOWS} are possible")
        return ()
    windows = (_window(report, item, zone_exists) for item in items)
    return tuple(window for window in windows if window is not None)


def _window(report: Report, node: Node, zone_exists: ZoneExists) -> Freeze | None:
    value = text(report, node, "freeze", _EXAMPLE)
    if value is None:
        return None
    found = _WINDOW.fullmatch(" ".join(value.split()))
    if found is None:
        report.add(
            node,
            f"`freeze` is {described(node)}: write day and time, twice, and a time zone unless it is UTC,"
            f" as in `{_EXAMPLE}`",
        )
        return None
    begin, end = _minute(report, node, found[1], found[2]), _minute(report, node, found[3], found[4])
    zone = found[5] or "UTC"
    reason = None if zone == "UTC" else zone_exists(zone)
    if reason is not None:
        report.add(node, f"`{shown(zone)}` cannot be the time zone of a `freeze`: {reason}")
    if begin is None or end is None or reason is not None:
        return None
    if begin == end:
        report.add(
            node, f"`freeze` is {described(node)}: it ends when it begins, so it means no time or all of it"
        )
        return None
    return Freeze(value, begin, end, zone)


def _minute(report: Report, node: Node, day: str, time: str) -> int | None:
    """Return a moment of the week in minutes after Monday 00:00; 24:00 is the next day's beginning."""
    days = [number for number, name in enumerate(DAYS) if day.lower() in (name.lower(), name[:3].lower())]
    hours, minutes = (int(part) for part in time.split(":"))
    if not days:
        short = ", ".join(name[:3] for name in DAYS)
        report.add(node, f"`{shown(day)}` is not a day of the week; write one of {short}")
        return None
    if minutes > 59 or hours * 60 + minutes > 24 * 60:
        report.add(node, f"`{time}` is not a time of the day; write one from 00:00 to 24:00")
        return None
    return (days[0] * 24 * 60 + hours * 60 + minutes) % MINUTES_A_WEEK
