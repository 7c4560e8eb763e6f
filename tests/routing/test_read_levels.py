"""The level of an alert, in the unit of its signal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.routing.read_levels import level, shown_level, unit_of
from gateway.routing.watches import DEFAULT_ALERTS, SIGNALS

UNITS = {
    "share": "errors refused fallbacks dropped missing out_of_range new_categories null positive labelled"
    " accuracy",
    "time": "latency_p50 latency_p99 queue_p99",
    "size": "memory",
    "rate": "rate",
    "number": "cpu drift output_drift confidence log_loss auc calibration mae rmse bias decay",
}


def test_every_signal_has_its_unit() -> None:
    """A signal that is new must say how its level is written."""
    found = {signal: unit_of(signal) for signal in SIGNALS}
    assert found == {signal: unit for unit, signals in UNITS.items() for signal in signals.split()}


@pytest.mark.parametrize(
    ("signal", "value", "meaning"),
    [
        ("errors", "2%", 0.02),
        ("errors", "0.02", 0.02),
        ("accuracy", "80%", 0.8),
        ("latency_p99", "250ms", 250.0),
        ("latency_p99", "1.5s", 1500.0),
        ("latency_p99", "2m", 120_000.0),
        ("memory", "2GiB", 2.0 * 1024**3),
        ("memory", "1000", 1000.0),
        ("rate", "10", 10.0),
        ("rate", "0.5/s", 0.5),
        ("drift", "0.25", 0.25),
        ("bias", "-3", -3.0),
    ],
)
def test_a_level_is_read_in_its_unit(signal: str, value: str, meaning: float) -> None:
    """Milliseconds, bytes, fractions, plain numbers."""
    assert level(signal, value) == pytest.approx(meaning)


@pytest.mark.parametrize(
    ("signal", "value", "says"),
    [
        ("errors", "20", "write `20%`"),
        ("latency_p99", "250", "as in `250ms`"),
        ("latency_p99", "fast", "such as `250ms`"),
        ("memory", "2GB", "such as `512MiB`"),
        ("rate", "10/m", "such as `10` or `10/s`"),
        ("drift", "20%", "plain number (population stability index against training)"),
        ("drift", "-1", "never below 0"),
    ],
)
def test_a_mistake_is_told(signal: str, value: str, says: str) -> None:
    """With what to write instead."""
    found = level(signal, value)
    assert isinstance(found, str)
    assert says in found


@given(st.sampled_from(sorted(SIGNALS)), st.integers(0, 1000))
def test_what_is_shown_can_be_written(signal: str, thousandths: int) -> None:
    """`gateway history` speaks as the file does."""
    value = float(thousandths) if unit_of(signal) in ("size", "time") else thousandths / 1000
    assert level(signal, shown_level(signal, value)) == pytest.approx(value)


def test_the_usual_alerts_can_be_written() -> None:
    """Whoever wants one a bit different copies it."""
    for rule in DEFAULT_ALERTS:
        assert level(rule.signal, shown_level(rule.signal, rule.value)) == pytest.approx(rule.value)
