"""What may be searched for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.control.problems import Refusal
from gateway.control.queries.requests_asked import MOST, WORDS, cursor_of, search_of

NOW = 1_800_000_000.0

KEY = f"p_{'1' * 24}"


def test_everything_together_makes_one_condition() -> None:
    """Whose values are parameters, each of them."""
    asked = {
        "route": "late", "version": "blue", "outcome": "ok", "why": "sticky", "key": KEY, "status": "5xx",
        "path": "infer", "since": "15m", "until": "2027-01-15T08:00Z", "limit": "7",
        "before": cursor_of(1_799_999_000_000_000, "a1"),
    }  # fmt: skip
    search = search_of(asked, NOW)
    where, values = search.condition()
    assert values == {
        "route": "late", "version": "blue", "outcome": "ok", "why": "sticky", "key": KEY, "status": 5,
        "path": "infer", "since": 1_799_999_100_000_000, "until": 1_800_000_000_000_000,
        "at": 1_799_999_000_000_000, "last": "a1",
    }  # fmt: skip
    assert all(f"${name}" in where for name in values)
    assert search.limit == 7


def test_what_is_empty_asks_for_nothing() -> None:
    """As a form sends the fields that nobody has filled in."""
    assert search_of(dict.fromkeys(WORDS, ""), NOW).condition() == ("true", {})


def test_times_are_utc_unless_they_say() -> None:
    """And may be so long ago."""
    assert search_of({"since": "2027-01-15T08:00"}, NOW).since == 1_800_000_000_000_000
    assert search_of({"since": "2027-01-15T09:00+01:00"}, NOW).since == 1_800_000_000_000_000
    assert search_of({"since": "2d"}, NOW).since == round((NOW - 172_800) * 1e6)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"routes": "late"}, "did you mean 'route'"),
        ({"status": "6x"}, "a status such as 503, or 5xx"),
        ({"status": "٣"}, "a status such as"),
        ({"outcome": "fine"}, "outcome must be one of ok"),
        ({"why": "luck"}, "why must be one of weights"),
        ({"since": "yesterday"}, "since must be a time such as"),
        ({"until": "9999999d"}, "until must be a time such as"),
        ({"since": "0001-01-01T00:00+23:59"}, "since must be a time such as"),
        ({"before": "1"}, "`next` of an earlier answer"),
        ({"limit": "0"}, f"from 1 to {MOST}"),
        ({"limit": str(MOST + 1)}, f"from 1 to {MOST}"),
        ({"path": "x" * 1_001}, "path is longer than"),
    ],
)
def test_what_makes_no_sense_is_refused(asked: dict[str, str], told: str) -> None:
    """With what would."""
    with pytest.raises(Refusal) as found:
        search_of(asked, NOW)
    assert found.value.status == 400
    assert told in found.value.detail


@given(st.dictionaries(st.sampled_from(WORDS), st.text(max_size=40), max_size=4))
def test_no_value_is_ever_sql(asked: dict[str, str]) -> None:
    """Whatever is given, the condition is made of our own words."""
    try:
        where, values = search_of(asked, NOW).condition()
    except Refusal:
        return
    bare = {"path", "at", "last", "since", "until", "status", "route", "version", "outcome", "why", "key"}
    assert set(values) <= bare
    assert set(where) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_$().,:=<>/ 0123456789")
