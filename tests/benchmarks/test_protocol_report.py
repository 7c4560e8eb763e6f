"""The table of TLS, bodies, streams and WebSockets."""

from __future__ import annotations

from typing import Any

from benchmarks import protocol_report

RESULTS: dict[str, Any] = {
    "streams": {
        "100 KiB streamed answer": {
            "cpu_us": {"gateway": [30.0, 33.0], "nginx": [20.0, 20.0], "Envoy": []},
            "rate": {"gateway": [900.0, 1_200.0], "nginx": [1_500.0, 1_400.0], "Envoy": []},
            "failed": {"gateway": 0, "nginx": 1, "Envoy": 0},
            "gave_up": {"Envoy": "it hung up"},
        }
    }
}


def test_every_contender_has_a_line_for_each_load_that_was_measured() -> None:
    """Ratios are those of the rounds; a reason stands where figures would."""
    load = "100 KiB streamed answer, per answer"
    _, body = protocol_report.table(RESULTS)
    assert body == [
        (load, "gateway", "31.5", "1.57", "1,200", "0"),
        (load, "nginx", "20.0", "1.00", "1,500", "1"),
        (load, "Envoy", "–", "–", "–", "it hung up"),
    ]


def test_without_nginx_there_is_no_ratio() -> None:
    """Nothing else takes its place."""
    part = RESULTS["streams"]["100 KiB streamed answer"]
    without = {**part, "gave_up": {"nginx": "not installed", "Envoy": "it hung up"}}
    _, body = protocol_report.table({"streams": {"100 KiB streamed answer": without}})
    assert [line[3] for line in body] == ["–", "–", "–"]


def test_what_was_not_asked_for_is_not_shown() -> None:
    """`--only cpu` has no such table."""
    assert protocol_report.measured(RESULTS)
    assert not protocol_report.measured({"cpu": {}})
    assert protocol_report.table({"cpu": {}})[1] == []
