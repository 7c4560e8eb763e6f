"""The request log in /metrics: what was recorded, what was lost and why, how far it is behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from gateway.requestlog.recorder_report import read_report
from gateway.routing.places import Places

REASONS = ("full", "too_large", "disk_full", "write_failed", "unreadable")
"""Why records are lost; each has a series from the start, so that a rate can be taken of the first one."""

Traces = dict[tuple[str, str], dict[int, tuple[str, float, float]]]
"""By route and version, then by octave of latency: a trace's id, its seconds, and when it ended."""


def log_families(places: Places) -> Iterator[Metric]:
    """Yield what the recorder and the keeper of the log last said; nothing before their first word."""
    recorder = read_report(places.recorder)
    if recorder is not None:
        yield from recorder_families(recorder)
    keeper = read_report(places.keeper)
    if keeper is not None:
        yield from keeper_families(keeper)


def recorder_families(said: dict[str, object]) -> Iterator[Metric]:
    """Yield records, losses and the lag."""
    yield CounterMetricFamily("gateway_log_records", "Records written to the log.", _number(said, "records"))
    yield CounterMetricFamily("gateway_log_bytes", "Bytes written to the log.", _number(said, "bytes"))
    dropped = CounterMetricFamily(
        "gateway_log_dropped", "Records that the log could not take, by reason.", labels=["reason"]
    )
    lost = said.get("dropped")
    counts = {**dict.fromkeys(REASONS, 0), **(lost if isinstance(lost, dict) else {})}
    for reason, count in counts.items():
        dropped.add_metric([str(reason)], float(count))
    yield dropped
    lag = GaugeMetricFamily("gateway_log_lag_seconds", "Age of the oldest record not written yet.")
    lag.add_metric([], _number(said, "lag_ms") / 1000)
    yield lag
    fill = GaugeMetricFamily("gateway_log_buffer_ratio", "How full the fullest worker's buffer is, 0 to 1.")
    fill.add_metric([], _number(said, "fill"))
    yield fill
    up = GaugeMetricFamily("gateway_log_ok", "1 while everything is recorded.")
    up.add_metric([], float(said.get("state") in ("recording", "behind")))
    yield up


def keeper_families(said: dict[str, object]) -> Iterator[Metric]:
    """Yield how the keeper's tasks and the sinks do."""
    failing = GaugeMetricFamily(
        "gateway_keeper_task_failing", "1 while a task of the log's keeper fails.", labels=["task"]
    )
    sent = CounterMetricFamily("gateway_sink_records", "Records that a sink has taken.", labels=["sink"])
    refused = CounterMetricFamily(
        "gateway_sink_refused", "Records that a sink's target would not take.", labels=["sink"]
    )
    lost = CounterMetricFamily("gateway_sink_lost", "Records that a sink will never get.", labels=["sink"])
    behind = GaugeMetricFamily("gateway_sink_lag_seconds", "How far a sink is behind.", labels=["sink"])
    tasks = said.get("tasks")
    for task in tasks if isinstance(tasks, list) else []:
        failing.add_metric([str(task["name"])], float(task["state"] == "failing"))
        for sink in task["said"].get("sinks", ()):
            name = str(sink["name"])
            sent.add_metric([name], _number(sink, "sent"))
            refused.add_metric([name], _number(sink, "refused"))
            lost.add_metric([name], _number(sink, "lost"))
            behind.add_metric([name], _number(sink, "waiting_seconds"))
    yield from (failing, sent, refused, lost, behind)


def _number(said: dict[str, object], name: str) -> float:
    found = said.get(name, 0)
    return float(found) if isinstance(found, (int, float)) else 0.0


def exemplars(path: Path) -> Traces:
    """Return the latest trace of each route, version and octave of latency: its id, seconds, unix time."""
    found = read_report(path) or {}
    return {
        (route, version): {int(octave): (trace[0], trace[1], trace[2]) for octave, trace in octaves.items()}
        for route, versions in found.items()
        for version, octaves in versions.items()
    }
