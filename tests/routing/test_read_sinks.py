"""The `sinks` of routing.yaml."""

from __future__ import annotations

from dataclasses import fields

import pytest

from gateway.requestlog.policy import Sink
from gateway.routing.fields import Known
from gateway.routing.read_sinks import MOST_SINKS, SINK_KEYS, read_sinks
from gateway.routing.report import Report
from gateway.routing.yaml_tree import read

ROUTES = {"late": None, "early": None}


def sinks_of(text: str, routes: Known = ROUTES) -> tuple[tuple[Sink, ...], list[str]]:
    """Return the sinks that are written in a text, and what was told about them."""
    node, problems = read(text)
    assert node is not None
    report = Report(problems)
    return read_sinks(report, node, routes), [problem.message for problem in report.problems]


@pytest.mark.parametrize(
    ("text", "sink"),
    [
        ("{name: a, directory: exports}", Sink("a", "directory", "exports")),
        ("{name: a, otlp: 'http://h:4318/v1/logs'}", Sink("a", "otlp", "http://h:4318/v1/logs")),
        (
            "{name: a, cloudevents: 'https://h/${T}', batch: 10, timeout: 2s, spill: 1GiB, routes: [late]}",
            Sink(
                "a", "cloudevents", "https://h/${T}", routes=("late",), batch=10, timeout=2.0, spill=1024**3
            ),
        ),
        ("{name: a, kafka: 'h:9092,i:9092', topic: t.1}", Sink("a", "kafka", "h:9092,i:9092", "t.1")),
        ("{name: a, redis: 'redis://h:6379/0'}", Sink("a", "redis", "redis://h:6379/0")),
    ],
)
def test_a_good_sink_is_read(text: str, sink: Sink) -> None:
    """One of each kind."""
    assert sinks_of(f"[{text}]") == ((sink,), [])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{name: a, directory: b}", "`sinks` must be a list such as"),
        ("[a]", "`sinks` must be a mapping such as"),
        ("[{directory: b}]", "this sink has no `name`"),
        ("[{name: a/b, directory: b}]", "cannot be a name"),
        ("[{name: a}]", "exactly one of `directory`, `otlp`, `cloudevents`, `kafka`, `redis`"),
        ("[{name: a, directory: b, redis: 'redis://h'}]", "exactly one of"),
        ("[{name: a, kaka: h}]", "did you mean `kafka`?"),
        ("[{name: a, directory: b, topic: c}]", "a `directory` has no use for it"),
        ("[{name: a, kafka: 'h:1', topic: 'a b'}]", "as Kafka wants it"),
        ("[{name: a, directory: b, routes: [lat]}]", "`lat` is not a known route; did you mean `late`?"),
        ("[{name: a, directory: b, routes: late}]", "`routes` must be a list"),
        ("[{name: a, directory: b, batch: 0}]", "`batch` must be a whole number from 1"),
        ("[{name: a, directory: b, timeout: 0s}]", "longer than nothing"),
        ("[{name: a, directory: b, spill: 1KiB}]", "`spill` must be from 1MiB"),
        (
            "[{name: a, directory: b}, {name: a, directory: c}]",
            "the name `a` is already that of the sink on line 1",
        ),
        (f"[{', '.join(['{name: a, directory: b}'] * (MOST_SINKS + 1))}]", "at most 20 are possible"),
    ],
)
def test_a_mistake_is_told_once(text: str, says: str) -> None:
    """One sentence each."""
    _, [message] = sinks_of(text)
    assert says in message


def test_where_routes_cannot_be_read_nothing_is_said_about_their_names() -> None:
    """That mistake has been told already."""
    [sink], messages = sinks_of("[{name: a, directory: b, routes: [anything]}]", None)
    assert (sink.routes, messages) == (("anything",), [])


def test_all_keys_of_a_sink_can_be_written() -> None:
    """Each field of the data is a key of the file; kind and target are written as one."""
    kinds = {"directory", "otlp", "cloudevents", "kafka", "redis"}
    assert set(SINK_KEYS) - kinds == {field.name for field in fields(Sink)} - {"kind", "target"}
    assert len(SINK_KEYS) == len(set(SINK_KEYS))
