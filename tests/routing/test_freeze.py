"""Weekly windows in which no canary grows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.routing.freeze import MINUTES_A_WEEK, in_force
from gateway.routing.rollouts import Freeze

OSLO = "Europe/Oslo"
ZONES = ["UTC", OSLO, "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns"]
WEEKEND = Freeze("Fri 16:00 - Mon 08:00 Europe/Oslo", 4 * 1440 + 960, 480, OSLO)
SPRING, AUTUMN = datetime(2026, 3, 29), datetime(2026, 10, 25)
"""Sundays on which Oslo's clocks go from 02:00 to 03:00, and from 03:00 to 02:00."""


def at(text: str, zone: str = OSLO, fold: int = 0) -> datetime:
    """Return the instant at which a clock in a zone shows this."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)


def frozen(freeze: Freeze, instant: datetime) -> bool:
    """Tell whether a window is in force."""
    return in_force([freeze], instant, ZoneInfo) is freeze


def wall(freeze: Freeze, instant: datetime) -> bool:
    """Tell whether the clock on the wall shows a time within the window: the plain reading."""
    local = instant.astimezone(ZoneInfo(freeze.zone))
    minute = local.weekday() * 1440 + local.hour * 60 + local.minute
    if freeze.begin < freeze.end:
        return freeze.begin <= minute < freeze.end
    return minute >= freeze.begin or minute < freeze.end


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("2026-01-02 15:59:59", False),
        ("2026-01-02 16:00:00", True),
        ("2026-01-03 12:00:00", True),
        ("2026-01-04 23:59:59", True),
        ("2026-01-05 00:00:00", True),
        ("2026-01-05 07:59:59", True),
        ("2026-01-05 08:00:00", False),
        ("2026-01-07 12:00:00", False),
        ("2026-07-03 16:00:00", True),
        ("2026-07-06 08:00:00", False),
    ],
)
def test_a_weekend_is_over_on_monday_whatever_the_season(when: str, expected: bool) -> None:
    """The end belongs to the next week, and both ends are what a clock in Oslo shows."""
    assert frozen(WEEKEND, at(when)) is expected


def test_the_first_window_in_force_is_named() -> None:
    """Of several the first; none where none holds; an instant in any zone is as good."""
    other = Freeze("Sat 00:00 - Sun 00:00", 5 * 1440, 6 * 1440, "UTC")
    saturday = datetime(2026, 1, 3, 12, tzinfo=UTC)
    assert in_force([other, WEEKEND], saturday, ZoneInfo) is other
    assert in_force([WEEKEND, other], saturday.astimezone(ZoneInfo("Asia/Tokyo")), ZoneInfo) is WEEKEND
    assert in_force([WEEKEND, other], datetime(2026, 1, 7, tzinfo=UTC), ZoneInfo) is None
    assert in_force([], saturday, ZoneInfo) is None


def test_utc_needs_no_time_zone_data() -> None:
    """A machine without any knows what UTC is."""

    def nothing(name: str) -> ZoneInfo:
        raise AssertionError(name)

    window = Freeze("Thu 00:00 - Fri 00:00", 3 * 1440, 4 * 1440, "UTC")
    assert in_force([window], datetime(1970, 1, 1, tzinfo=UTC), nothing) is window


def test_a_window_that_ends_in_the_repeated_hour_ends_once() -> None:
    """It goes on through both 02:15s, and does not come back after it was over."""
    window = Freeze("Sat 00:00 - Sun 02:30 Europe/Oslo", 5 * 1440, 6 * 1440 + 150, OSLO)
    assert frozen(window, at("2026-10-25 02:45"))
    assert frozen(window, at("2026-10-25 02:29", fold=1))
    assert not frozen(window, at("2026-10-25 02:30", fold=1))


def test_a_window_that_begins_in_the_repeated_hour_begins_once() -> None:
    """From the first 02:30 on there is no gap."""
    window = Freeze("Sun 02:30 - Sun 12:00 Europe/Oslo", 6 * 1440 + 150, 6 * 1440 + 720, OSLO)
    assert not frozen(window, at("2026-10-25 02:29"))
    assert frozen(window, at("2026-10-25 02:30"))
    assert frozen(window, at("2026-10-25 02:00", fold=1))


def test_an_hour_that_is_skipped_makes_no_window_shorter() -> None:
    """02:30 is on no clock that night: a window that begins or ends then takes the longer reading."""
    begins = Freeze("Sun 02:30 - Sun 12:00 Europe/Oslo", 6 * 1440 + 150, 6 * 1440 + 720, OSLO)
    ends = Freeze("Sat 00:00 - Sun 02:30 Europe/Oslo", 5 * 1440, 6 * 1440 + 150, OSLO)
    assert frozen(begins, at("2026-03-29 03:00"))
    assert frozen(begins, at("2026-03-29 01:30"))
    assert not frozen(begins, at("2026-03-29 01:29"))
    assert frozen(ends, at("2026-03-29 03:29"))
    assert not frozen(ends, at("2026-03-29 03:30"))


@st.composite
def windows(draw: st.DrawFn) -> Freeze:
    """Any window of some minutes, in any of a few zones."""
    begin = draw(st.integers(0, MINUTES_A_WEEK - 1))
    length = draw(st.integers(1, MINUTES_A_WEEK - 1))
    return Freeze("any", begin, (begin + length) % MINUTES_A_WEEK, draw(st.sampled_from(ZONES)))


INSTANTS = st.integers(
    int(datetime(2024, 1, 1, tzinfo=UTC).timestamp()), int(datetime(2029, 1, 1, tzinfo=UTC).timestamp())
).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


def changes_nearby(zone: str, instant: datetime, hours: int) -> bool:
    """Tell whether clocks change within so many hours."""
    around = (instant + timedelta(hours=hour) for hour in range(-hours, hours + 1))
    return len({moment.astimezone(ZoneInfo(zone)).utcoffset() for moment in around}) > 1


@given(windows(), INSTANTS)
@example(
    Freeze("Sun 00:00 - Mon 00:00", 6 * 1440, 0, OSLO), (SPRING + timedelta(hours=22)).replace(tzinfo=UTC)
)
@example(Freeze("Mon 00:00 - Sun 24:00", 0, 0 + 1, OSLO), AUTUMN.replace(tzinfo=UTC))
def test_it_is_what_the_clock_on_the_wall_says(freeze: Freeze, instant: datetime) -> None:
    """Never shorter than the plain reading, and nothing else unless clocks change just then."""
    plain = wall(freeze, instant)
    found = frozen(freeze, instant)
    assert found or not plain
    assert found == plain or changes_nearby(freeze.zone, instant, 3)


@given(
    st.sampled_from([SPRING, AUTUMN]),
    st.integers(-180, 600),
    st.integers(1, 600),
    st.sampled_from([OSLO, "Europe/London", "Europe/Lisbon"]),
)
def test_it_is_one_piece_in_the_night_when_clocks_change(
    night: datetime, offset: int, length: int, zone: str
) -> None:
    """Minute by minute it begins once and ends once, in spring as in autumn."""
    begin = (6 * 1440 + offset) % MINUTES_A_WEEK
    freeze = Freeze("any", begin, (begin + length) % MINUTES_A_WEEK, zone)
    start = night.replace(tzinfo=UTC) - timedelta(hours=12)
    told = [frozen(freeze, start + timedelta(minutes=minute)) for minute in range(0, 48 * 60, 5)]
    assert sum(before != after for before, after in pairwise(told)) <= 2
    assert any(told) or length < 5
