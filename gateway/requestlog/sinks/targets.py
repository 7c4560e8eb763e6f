"""From what routing.yaml says of a sink to the target that its records are sent to."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from gateway.outcall import CallFailed, from_environment
from gateway.requestlog.places import LogPlaces
from gateway.requestlog.policy import Sink, Tracing
from gateway.requestlog.sinks import otlp
from gateway.requestlog.sinks.census import Census
from gateway.requestlog.sinks.cloudevents import CloudEvents
from gateway.requestlog.sinks.directory import Directory
from gateway.requestlog.sinks.kafka import Kafka
from gateway.requestlog.sinks.needed import TRACES
from gateway.requestlog.sinks.otlp_traces import is_traced
from gateway.requestlog.sinks.pump import Pump
from gateway.requestlog.sinks.redis_streams import RedisStreams
from gateway.requestlog.sinks.target import SendFailed, Target
from gateway.requestlog.sinks.wire import Wire


def target_of(sink: Sink, tracing: Tracing, folder: Path) -> Target:
    """Make a sink's target; `folder` is what a relative path is relative to. Raises SendFailed."""
    if sink.name == TRACES:
        return otlp.traces(sink.target, sink.timeout, tracing.service)
    if sink.kind == "directory":
        return Directory(folder / _expanded(sink.target))
    if sink.kind == "otlp":
        return otlp.logs(sink.target, sink.timeout, tracing.service)
    if sink.kind == "cloudevents":
        return CloudEvents(Wire(sink.target, sink.timeout), sink.topic)
    if sink.kind == "kafka":
        return Kafka(sink.target, sink.topic, sink.timeout)
    return RedisStreams(sink.target, sink.topic, sink.timeout)


def pump_of(sink: Sink, tracing: Tracing, places: LogPlaces, folder: Path, census: Census) -> Pump:
    """Make the pump of a sink, or of the one that exports spans."""
    wants = is_traced if sink.name == TRACES else None
    return Pump(sink, places, partial(target_of, sink, tracing, folder), census, wants=wants)


def _expanded(text: str) -> str:
    try:
        return from_environment(text)
    except CallFailed as error:
        raise SendFailed(str(error)) from None
