"""The `freeze` of a rollout."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.routing.read_freeze import DAYS, MAX_WINDOWS, any_zone, read_freeze
from gateway.routing.report import Report
from gateway.routing.rollouts import Freeze
from gateway.routing.yaml_nodes import Scalar, Sequence
from gateway.routing.yaml_tree import read


def windows_of(*texts: str) -> tuple[tuple[Freeze, ...], list[str]]:
    """Return the windows written in a list, and what was told about them."""
    items = tuple(Scalar(text, 1, 1, 0, len(text), '"') for text in texts)
    report = Report()

    def only_oslo(name: str) -> str | None:
        return None if name == "Europe/Oslo" else "there is no such zone"

    found = read_freeze(report, Sequence(items, 1, 1, 0, 9, True), only_oslo)
    return found, [problem.message for problem in report.problems]


@pytest.mark.parametrize(
    ("text", "begin", "end", "zone"),
    [
        ("Fri 16:00 - Mon 08:00 Europe/Oslo", 6720, 480, "Europe/Oslo"),
        ("Fri 16:00 - Mon 08:00", 6720, 480, "UTC"),
        ("Fri 16:00 - Mon 08:00 UTC", 6720, 480, "UTC"),
        ("Fri 16:00 – Mon 08:00", 6720, 480, "UTC"),
        ("fri 16:00-MON 8:00", 6720, 480, "UTC"),
        ("Friday  16:00  —  Monday  08:00", 6720, 480, "UTC"),
        ("Sat 00:00 - Sun 24:00", 5 * 1440, 0, "UTC"),
        ("Tue 23:59 - Tue 23:58", 2879, 2878, "UTC"),
    ],
)
def test_a_window_is_two_moments_of_the_week(text: str, begin: int, end: int, zone: str) -> None:
    """Hyphen or dash, short or long names of days, with or without a zone; the text is kept."""
    assert windows_of(text) == ((Freeze(text, begin, end, zone),), [])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("weekends", "write day and time, twice"),
        ("Fri 16:00", "write day and time, twice"),
        ("Fri 16 - Mon 8", "write day and time, twice"),
        ("Fri 16:00 - Mon 08:00 Europe/Oslo please", "write day and time, twice"),
        ("Fry 16:00 - Mon 08:00", "`Fry` is not a day of the week"),
        ("Fri 16:60 - Mon 08:00", "`16:60` is not a time of the day"),
        ("Fri 16:00 - Mon 24:01", "`24:01` is not a time of the day"),
        ("Sun 24:00 - Mon 00:00", "it ends when it begins"),
        ("Fri 16:00 - Mon 08:00 CEST", "`CEST` cannot be the time zone of a `freeze`: there is no such zone"),
    ],
)
def test_a_mistake_is_told_once(text: str, says: str) -> None:
    """One sentence says what was written and what to write."""
    found, [message] = windows_of(text)
    assert (found, says in message) == ((), True)


def test_one_wrong_window_spoils_no_other() -> None:
    """Every mistake is told in one go."""
    found, told = windows_of("Mon 00:00 - Mon 01:00", "x", "Fry 1:00 - Mon 99:00")
    assert (len(found), len(told)) == (1, 3)


def test_there_is_a_limit() -> None:
    """Nobody has that many windows."""
    _, told = windows_of(*["Mon 00:00 - Mon 01:00"] * (MAX_WINDOWS + 1))
    assert told == ["there are 51 windows; at most 50 are possible"]


def test_a_list_is_wanted() -> None:
    """A lone window is no list, and any zone is believed in where nobody looks."""
    node, _ = read("Fri 16:00 - Mon 08:00 Europe/Anywhere")
    assert node is not None
    report = Report()
    assert read_freeze(report, node, any_zone) == ()
    assert "must be a list" in report.problems[0].message
    [window] = read_freeze(Report(), Sequence((node,), 1, 1, 0, 9, True), any_zone)
    assert window.zone == "Europe/Anywhere"


@given(
    st.sampled_from(DAYS), st.integers(0, 1439), st.sampled_from(DAYS), st.integers(0, 1439), st.booleans()
)
def test_any_two_moments_are_a_window(one: str, begin: int, other: str, end: int, short: bool) -> None:
    """Minutes count from Monday 00:00."""
    days = [day[:3] if short else day for day in (one, other)]
    times = [f"{minute // 60:02d}:{minute % 60:02d}" for minute in (begin, end)]
    text = f"{days[0]} {times[0]} - {days[1]} {times[1]}"
    first, second = DAYS.index(one) * 1440 + begin, DAYS.index(other) * 1440 + end
    found, told = windows_of(text)
    assert found == (() if first == second else (Freeze(text, first, second, "UTC"),))
    assert bool(told) == (first == second)


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text makes it raise, and nothing is dropped silently."""
    found, told = windows_of(text)
    assert bool(found) != bool(told)
