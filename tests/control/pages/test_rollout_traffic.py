"""The rate that a plan begins with: the mean of ten minutes, whatever the moment is like."""

from __future__ import annotations

from gateway.control.pages.rollout_traffic import mean_traffic


def test_it_is_the_mean_of_the_last_ten_minutes_of_all_versions() -> None:
    """What lies before is left out; a version without a point had no request."""
    moments = [0.0, 300.0, *(1000.0 + 5 * place for place in range(120))]
    blue = [900.0, 900.0, *([30.0] * 119), 90.0]
    found = mean_traffic({"t": moments, "rate:blue": blue, "rate:canary": [None] * 62 + [10.0] * 60})
    assert found == {"rate": 35.5, "source": "the mean rate of the last 10 min"}


def test_a_short_past_says_how_short() -> None:
    """Of a gateway that was just started."""
    found = mean_traffic({"t": [5.0, 10.0], "rate:blue": [10.0, 20.0], "p99:blue": [1.0, 2.0]})
    assert found == {"rate": 15.0, "source": "the mean rate of the last 10 s"}


def test_without_traffic_there_is_no_rate() -> None:
    """Nor without a past."""
    assert mean_traffic({"t": []})["rate"] is None
    assert mean_traffic({"t": [5.0], "rate:blue": [None]})["rate"] is None
