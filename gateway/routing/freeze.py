"""Whether an instant is within a weekly window in which no canary grows.

A window is what a clock on the wall says in its zone. Where a change of the clocks repeats or skips the hour
in which it begins or ends, the longer reading holds: from the earlier possible beginning to the later end, so
it is one piece in every week and never shorter than what is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta, tzinfo

from gateway.routing.rollouts import Freeze

MINUTES_A_WEEK = 7 * 24 * 60

ZoneOf = Callable[[str], tzinfo]
"""Takes the name of a time zone, as `zoneinfo.ZoneInfo` does; `UTC` is never asked for."""


def in_force(freezes: Iterable[Freeze], instant: datetime, zone_of: ZoneOf) -> Freeze | None:
    """Return the first of the windows that an instant (aware, in any zone) lies in, else None."""
    return next((freeze for freeze in freezes if _holds(freeze, instant, zone_of)), None)


def _holds(freeze: Freeze, instant: datetime, zone_of: ZoneOf) -> bool:
    zone = UTC if freeze.zone == "UTC" else zone_of(freeze.zone)
    moment = instant.astimezone(UTC)
    local = instant.astimezone(zone)
    midnight = datetime(local.year, local.month, local.day)  # as the wall has it
    monday = midnight - timedelta(days=local.weekday())
    length = (freeze.end - freeze.begin) % MINUTES_A_WEEK
    for week in (-1, 0, 1):  # one that began before this week, and one that an early reading begins in it
        begin = monday + timedelta(weeks=week, minutes=freeze.begin)
        end = begin + timedelta(minutes=length)
        if min(_readings(begin, zone)) <= moment < max(_readings(end, zone)):
            return True
    return False


def _readings(wall: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
    """Return the two instants a time on the wall may mean; they are one, except when clocks change."""
    first, second = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return first, second
