"""Which segments some sink has not sent on yet: sealing keeps those, and nobody keeps the others."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from gateway.errors import GatewayError
from gateway.requestlog.places import LogPlaces
from gateway.requestlog.policy import Sink, Tracing
from gateway.requestlog.sinks import position

EVERYTHING = "0" * 19
"""Before every segment: all are needed."""

TRACES = ".traces"
"""The name of the sink that exports spans; a person's begin with a letter or digit."""


def all_sinks(sinks: Iterable[Sink], tracing: Tracing) -> tuple[Sink, ...]:
    """Return the sinks of routing.yaml, and the one that exports spans if there is a collector for them."""
    traces = (Sink(TRACES, "otlp", tracing.otlp),) if tracing.otlp else ()
    return (*sinks, *traces)


def position_file(places: LogPlaces, name: str) -> Path:
    """Return where a sink's position is stored."""
    return places.sinks / f"{name}.json"


def needed(places: LogPlaces, sinks: Iterable[Sink]) -> str:
    """Return the name of the oldest segment that one of all the sinks still needs.

    Empty: none. `EVERYTHING`: all, because a sink has not begun.
    """
    return min((_needed_by(places, sink) for sink in sinks), default="")


def _needed_by(places: LogPlaces, sink: Sink) -> str:
    try:
        return position.load(position_file(places, sink.name)).segment or EVERYTHING
    except GatewayError:
        return EVERYTHING  # the sink itself says what is wrong with its file
