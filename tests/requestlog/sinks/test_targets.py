"""Each kind of sink gets the target it asks for."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Literal

import pytest

from gateway.requestlog.policy import Sink, Tracing
from gateway.requestlog.sinks.census import Census
from gateway.requestlog.sinks.cloudevents import CloudEvents
from gateway.requestlog.sinks.directory import Directory
from gateway.requestlog.sinks.kafka import Kafka
from gateway.requestlog.sinks.needed import all_sinks
from gateway.requestlog.sinks.otlp import Otlp
from gateway.requestlog.sinks.redis_streams import RedisStreams
from gateway.requestlog.sinks.target import SendFailed
from gateway.requestlog.sinks.targets import pump_of, target_of
from tests.requestlog.sinks.collector_site import Collector
from tests.requestlog.sinks.items import items
from tests.requestlog.sinks.log_site import Log, record
from tests.requestlog.sinks.test_otlp_traces import SPAN, TRACE, traced
from tests.waiting import until

Kind = Literal["directory", "otlp", "cloudevents", "kafka", "redis"]


@pytest.mark.parametrize(
    ("kind", "target", "made"),
    [
        ("directory", "lake", Directory),
        ("otlp", "http://127.0.0.1:4318/v1/logs", Otlp),
        ("cloudevents", "http://127.0.0.1:8081", CloudEvents),
        ("kafka", "127.0.0.1:9092", Kafka),
        ("redis", "redis://127.0.0.1:6379", RedisStreams),
    ],
)
def test_the_kind_decides(kind: Kind, target: str, made: type, tmp_path: Path) -> None:
    """Nobody is asked for that."""
    found = target_of(Sink("x", kind, target), Tracing(), tmp_path)
    assert isinstance(found, made)
    found.close()


def test_a_folder_is_relative_to_routing_yaml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And may come from the environment."""
    monkeypatch.setenv("LAKE", "lake")
    (tmp_path / "lake").mkdir()
    target_of(Sink("x", "directory", "${LAKE}"), Tracing(), tmp_path).send(items(record(0)))
    assert [path.name for path in (tmp_path / "lake").iterdir()] == ["flights"]
    with pytest.raises(SendFailed, match="NO_SUCH_LAKE"):
        target_of(Sink("x", "directory", "${NO_SUCH_LAKE}"), Tracing(), tmp_path)


def test_spans_are_made_of_traced_records_alone(tmp_path: Path) -> None:
    """Under the service's name."""
    log, collector = Log(tmp_path / "log"), Collector()
    try:
        (sink,) = all_sinks([], Tracing(f"{collector.url}/v1/traces", service="shop"))
        pump = pump_of(sink, Tracing(service="shop"), log.places, tmp_path, Census(log.places))
        log.write(5)
        log.write(1, **{name: traced()[name] for name in ("trace_id", "span_id", "traced", "attempts")})
        log.rotate()
        stop = threading.Event()
        sending = threading.Thread(target=pump.run, args=(stop,))
        sending.start()
        try:
            until(lambda: collector.taken and pump.report(0.0, 0.0).state == "idle")
        finally:
            stop.set()
            sending.join()
        assert {span["traceId"] for span in collector.spans()} == {TRACE}
        assert collector.spans()[-1]["spanId"] == SPAN
        assert b'"shop"' in collector.taken[0].body
        assert pump.report(0.0, 0.0).sent == 1
    finally:
        collector.close()
