"""Watched values over time, from the summaries that alarms are raised by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gateway.control.alerts.course import course, names_of, spread
from gateway.control.alerts.course_models import MonitorCourse
from gateway.routing.watches import Monitor
from gateway.watching import overview
from gateway.watching.basis import Binning
from tests.watching.watched import START, Watched, plan_of, prediction, watched

if TYPE_CHECKING:
    from pathlib import Path

WINDOWS, OF = 3, 600
"""Windows that have predictions, and the seconds of each."""
EACH = 60
"""Predictions in a window."""


@pytest.fixture(scope="module")
def it(tmp_path_factory: pytest.TempPathFactory) -> Watched:
    """Three windows of predictions, in the last of which distances are longer, and a truth for each."""
    made = watched(
        tmp_path_factory.mktemp("watched"), plan_of(monitor=Monitor(every=OF / 2, window=float(OF)))
    )
    records = []
    for number in range(WINDOWS * EACH):
        far = 1_500 if number >= (WINDOWS - 1) * EACH else 0
        records.append(
            prediction(number, START + number * OF / EACH, far + number * 97 % 1_500, number % 10 / 10)
        )
    made.write(records)
    made.label(START, {number: float(number % 2) for number in range(WINDOWS * EACH)})
    made.watcher().tick(START + WINDOWS * OF + 5)
    return made


def test_a_course_ends_where_the_monitor_stands(it: Watched) -> None:
    """Every value of it, whatever it is of."""
    found = course(it.places, it.plan, "late", 4)
    now = overview.monitor(it.places, it.plan, "late")
    last = {(one["signal"], one["version"], one["field"]): one["values"][-1] for one in found["series"]}
    stands = {(one["signal"], one["version"], one["field"]): one["value"] for one in now["values"]}
    gateway = ("dropped", "", "")
    stands.pop(gateway, None)
    assert {key: last[key] for key in stands} == stands
    assert {one["until"] for one in found["series"]} == {now["at"]}
    MonitorCourse.model_validate({**found, "spreads": spread(it.places, it.plan, "late")})


def test_windows_follow_one_another(it: Watched) -> None:
    """The oldest first; where nothing was there is nothing to say."""
    found = course(it.places, it.plan, "late", 4)["series"]
    [rate] = [one for one in found if (one["signal"], one["version"]) == ("rate", "v1")]
    assert sum(rate["n"]) <= WINDOWS * EACH
    assert rate["values"][0] is None
    assert all(value for value in rate["values"][1:])
    assert rate["window_seconds"] == OF


def test_a_spread_says_what_has_moved(it: Watched) -> None:
    """Shares in the reference's bins, of both sides."""
    found = spread(it.places, it.plan, "late")
    [distance] = [one for one in found if one["field"] == "distance"]
    assert distance["bins"] == ["up to 500", "500 to 1000", "1000 to 2000", "above 2000"]
    assert distance["reference"] == [0.25] * 4
    assert distance["now"][0] < 0.1 < distance["now"][3]
    assert (distance["side"], distance["reference_of"]) == ("inputs", "training")
    assert all(sum(one["now"]) == pytest.approx(1) for one in found)


def test_before_anything_was_watched_there_is_nothing(tmp_path: Path) -> None:
    """And that is no error."""
    made = watched(tmp_path, plan_of())
    assert course(made.places, made.plan, "late", 2) == {"route": "late", "series": []}
    assert spread(made.places, made.plan, "late") == []


@pytest.mark.parametrize(
    ("binning", "names"),
    [
        (Binning("a", "flag"), ["false", "true"]),
        (Binning("a", "category", categories=("AA", "UA")), ["AA", "UA", "others"]),
        (Binning("a", "number", edges=(1.5,)), ["up to 1.5", "above 1.5"]),
        (Binning("a", "number"), ["all"]),
    ],
)
def test_bins_have_names(binning: Binning, names: list[Any]) -> None:
    """As many as there are bins."""
    assert names_of(binning) == names
    assert len(names) == binning.size
