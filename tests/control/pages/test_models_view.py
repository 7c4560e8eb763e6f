"""Watched values in words and numbers."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.control.pages.models_view import figure, groups_of, heads_of, spreads_of


def value(signal: str, version: str, of: float | None, **given: Any) -> dict[str, Any]:
    """Return a value as the monitor tells it."""
    return {
        "group": "inputs", "signal": signal, "version": version, "field": "", "value": of, "n": 10,
        "reference": None, "before": None, "distance": None, "state": "inactive", **given,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("signal", "given", "shown"),
    [
        ("errors", 0.0123, "1.23%"),
        ("errors", 0.5, "50.0%"),
        ("missing", 0.0, "0.0%"),
        ("latency_p99", 12.345, "12.35 ms"),
        ("latency_p50", 1234.5, "1,234 ms"),
        ("rate", 0.5, "0.50 /s"),
        ("rate", 1234.5, "1,234 /s"),
        ("memory", 2.0**20 * 1500, "1,500 MiB"),
        ("auc", 0.83456, "0.8346"),
        ("auc", None, "–"),
        ("output_drift", 0.2002, "0.20"),
    ],
)
def test_a_value_is_shown_as_people_read_it(signal: str, given: float | None, shown: str) -> None:
    """With its unit where that is short."""
    assert figure(signal, given) == shown


def test_of_drift_the_worst_input_is_shown() -> None:
    """Versions without any value are there too, those of the route as a whole are not."""
    values = [value("drift", "blue", of, field=name) for name, of in (("a", 0.1), ("b", 0.4), ("c", None))]
    blue, green = heads_of(["blue", "green"], [*values, value("rate", "", 5.0), value("null", "blue", 1.0)])
    assert (blue["drift"]["field"], blue["drift"]["shown"]) == ("b", "0.40")
    assert blue["rate"] is green["drift"] is None


def test_groups_are_in_their_order_and_never_empty() -> None:
    """As the monitor has them."""
    found = groups_of([value("auc", "blue", 0.8, group="quality"), value("drift", "blue", 0.1)])
    assert [(one["name"], len(one["values"])) for one in found] == [("inputs", 1), ("quality", 1)]


def test_a_spread_is_drawn_and_told() -> None:
    """Bars lie beside each other within the drawing; the words name the bin that moved most."""
    given = {"bins": ["low", "high"], "now": [0.25, 0.75], "reference": [0.5, 0.5]}
    [found] = spreads_of([given])
    assert found["words"] == "low: 25.0%, was 50.0%"
    assert found["was"] == "M0.0 41v-26.7h45.0V41zM50.0 41v-26.7h45.0V41z"
    assert found["is"] == "M10.0 41v-13.3h25.0V41zM60.0 41v-40.0h25.0V41z"
