"""The table of targets."""

from __future__ import annotations

from typing import Any

from benchmarks.rows import TARGETS, Row, row, rows

RESULTS: dict[str, Any] = {
    "missing": {"Envoy": "envoy is not installed"},
    "failed": {"routes": "the gateway did not start"},
    "cpu": {
        "cpu_us": {
            "gateway": [20.0, 21.0, 19.0],
            "nginx": [10.0, 10.0, 10.0],
            "Starlette + httpx": [2_000.0],
        },
        "gave_up": {"Starlette + httpx": "wrk: connection refused"},
    },
    "latency": {
        "gave_up": {"Starlette + httpx": "too slow"},
        "rounds_us": {
            "direct": [{"p50": 50, "p99": 100, "others": 0.0}],
            "nginx": [{"p50": 150, "p99": 90, "others": 0.0}],
            "gateway": [{"p50": 250, "p99": 300, "others": 0.0}],
        },
    },
    "rollback": {"last_canary_ms": [1.0, 1.5, 30.0], "command_ms": [39.0]},
    "changes": {"failed": 0},
    "streams": {
        "100 KiB streamed answer": {
            "cpu_us": {"gateway": [30.0, 40.0], "nginx": [20.0, 20.0]},
            "gave_up": {"Envoy": "envoy is not installed"},
        }
    },
    "websocket": {"WebSocket echo": {"cpu_us": {"nginx": [9.0]}, "gave_up": {"gateway": "it hung up"}}},
    "validation": {"bare": [1.0, 1.5], "known": [2.0, 2.5], "fresh": [4.0, 4.5], "compiled": True},
    "memory": {"idle_mb": 50.0, "crowded_mb": 119.0},
}


def named(start: str) -> Row:
    """Find the row whose figure starts so."""
    return next(one for one in rows(RESULTS) if one.figure.startswith(start))


def test_every_target_has_its_row() -> None:
    """A figure that could not be measured keeps its line."""
    assert [one.figure for one in rows(RESULTS)] == [target.figure for target in TARGETS]


def test_verdicts_follow_the_value() -> None:
    """Aim reached, met, missed: nothing else for a value that was measured."""
    cpu = named("CPU time")
    assert (cpu.measured, cpu.verdict) == ("2.00", "met")
    assert named("rollback under load to the last canary answer begun, median").verdict == "aim reached"
    assert named("rollback under load to the last canary answer begun, worst").verdict == "missed"
    assert named("requests failed").verdict == "aim reached"
    assert named("resident memory of a worker, idle").verdict == "missed"
    assert named("… with all connections").verdict == "met"


def test_added_latency_is_compared_after_the_direct_way_is_taken_off() -> None:
    """250 against 150 is 200 against 100 once the 50 of going direct are off."""
    assert named("added latency p50").measured == "2.00"


def test_noise_is_called_noise() -> None:
    """Where nginx seems faster than no proxy there is no ratio to quote."""
    assert "too noisy" in named("added latency p99").verdict


def test_what_could_not_be_measured_says_why() -> None:
    """A missing contender, a failed part and a part that was not asked for each give their reason."""
    assert named("… ratio to Envoy").verdict == "not measured: envoy is not installed"
    assert named("… ratio to Starlette").verdict.endswith("broke off: wrk: connection refused")
    assert named("many routes").verdict == "not measured: the gateway did not start"
    without = {key: value for key, value in RESULTS.items() if key != "memory"}
    memory = next(target for target in TARGETS if "idle" in target.figure)
    assert row(memory, without).verdict == "not measured: not part of this run"


def test_a_contender_that_cannot_keep_up_has_no_ratio() -> None:
    """Giving up is said, not averaged away."""
    slow = {**RESULTS, "latency": {**RESULTS["latency"], "gave_up": {"gateway": "TOO SLOW"}}}
    p50 = next(target for target in TARGETS if "p50" in target.figure)
    assert row(p50, slow).verdict == "not measured: gateway cannot keep up: TOO SLOW"


def test_every_protocol_is_compared_with_nginx() -> None:
    """By the median of the ratios; who broke off has none, and a part that did not run says so."""
    streams = named("100 KiB streamed")
    assert (streams.measured, streams.must, streams.verdict) == ("1.75", "≤ 2", "met")
    assert named("WebSocket echo").verdict == "not measured: gateway: it hung up"
    assert named("TLS handshake").verdict == "not measured: not part of this run"


def test_the_checks_are_what_they_add_to_reading() -> None:
    """Only the compiled ones count, since that is what workers run."""
    assert (named("strict checks").measured, named("strict checks").verdict) == ("1.00 µs", "met")
    assert named("… whose request line").verdict == "missed"
    plain = {**RESULTS, "validation": {**RESULTS["validation"], "compiled": False}}
    checks = next(target for target in TARGETS if target.figure.startswith("strict checks"))
    assert row(checks, plain).verdict == "not measured: nothing is compiled: `make compile`"
