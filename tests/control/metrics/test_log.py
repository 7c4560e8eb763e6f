"""The request log in /metrics."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.control.metrics.log import exemplars, log_families

if TYPE_CHECKING:
    from tests.control.conftest import Site

RECORDER = {
    "state": "dropping",
    "records": 1_000,
    "bytes": 900_000,
    "lag_ms": 250.0,
    "fill": 0.5,
    "dropped": {"full": 7, "disk_full": 3},
}


def samples(site: Site) -> dict[tuple[str, ...], float]:
    """Every sample by its name and the values of its labels."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in log_families(site.places)
        for sample in family.samples
    }


def test_nothing_is_said_before_the_first_word(site: Site) -> None:
    """A gateway whose recorder has not begun has no counters of it."""
    assert samples(site) == {}


def test_losses_are_counted_by_reason(site: Site) -> None:
    """Also those that have not happened yet."""
    site.places.recorder.write_text(json.dumps(RECORDER))
    found = samples(site)
    assert found["gateway_log_records_total",] == 1_000
    assert found["gateway_log_dropped_total", "full"] == 7
    assert found["gateway_log_dropped_total", "disk_full"] == 3
    assert found["gateway_log_dropped_total", "too_large"] == 0
    assert found["gateway_log_lag_seconds",] == 0.25
    assert found["gateway_log_ok",] == 0


def test_each_sink_says_how_far_it_is(site: Site) -> None:
    """By its name in routing.yaml."""
    sink = {"name": "lake", "sent": 500, "refused": 3, "lost": 2, "waiting_seconds": 1.5}
    tasks = [
        {"name": "sinks", "state": "ok", "said": {"sinks": [sink]}},
        {"name": "seal", "state": "failing", "said": {}},
    ]
    site.places.keeper.write_text(json.dumps({"tasks": tasks}))
    found = samples(site)
    assert found["gateway_keeper_task_failing", "sinks"] == 0
    assert found["gateway_keeper_task_failing", "seal"] == 1
    assert found["gateway_sink_records_total", "lake"] == 500
    assert found["gateway_sink_refused_total", "lake"] == 3
    assert found["gateway_sink_lost_total", "lake"] == 2
    assert found["gateway_sink_lag_seconds", "lake"] == 1.5


def test_exemplars_are_read_by_route_version_and_octave(tmp_path: Path) -> None:
    """A file that is not there yet has none."""
    path = tmp_path / "exemplars.json"
    assert exemplars(path) == {}
    path.write_text(json.dumps({"late": {"blue": {"7": ["ab", 9e-05, 12.5]}}}))
    assert exemplars(path) == {("late", "blue"): {7: ("ab", 9e-05, 12.5)}}
