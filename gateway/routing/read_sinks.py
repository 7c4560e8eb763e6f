"""The `sinks` of routing.yaml: where records are sent to as well."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from gateway.requestlog.policy import Sink
from gateway.routing import fields
from gateway.routing.fields import Known
from gateway.routing.read_settings import GIB, MIB, Reader, meanings, seconds, size, whole
from gateway.routing.read_targets import brokers, folder, redis_url, web_sink
from gateway.routing.report import Report, described, entries, mapping, sequence, text
from gateway.routing.yaml_nodes import Node, Scalar

Kind = Literal["directory", "otlp", "cloudevents", "kafka", "redis"]
MOST_SINKS = 20
MOST_NAMED = 1000
_EXAMPLE = "{name: lake, directory: exports/requests}"
_KINDS: dict[Kind, Reader] = {
    "directory": folder,
    "otlp": web_sink,
    "cloudevents": web_sink,
    "kafka": brokers,
    "redis": redis_url,
}
_WITH_TOPIC = ("kafka", "redis")
_TOPIC = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"
LONGEST_TOPIC = 249


def _topic(report: Report, node: Node, what: str) -> str | None:
    value = text(report, node, what, "gateway")
    if value is None or (
        len(value) <= LONGEST_TOPIC and value not in (".", "..") and not set(value) - set(_TOPIC)
    ):
        return value
    report.add(
        node,
        f"`{what}` is {described(node)}: write up to {LONGEST_TOPIC} of A-Z a-z 0-9 . _ -, as Kafka wants it",
    )
    return None


_PLAIN: dict[str, Reader] = {
    "name": fields.name,
    "topic": _topic,
    "batch": whole(1, 100_000),
    "timeout": seconds("ms", "s"),
    "spill": size(MIB, 1024 * 1024 * GIB),
}
SINK_KEYS = (*dict.fromkeys(("name", *_KINDS, *_PLAIN)), "routes")


def named(report: Report, node: Node, what: str, kind: str, known: Known) -> tuple[str, ...] | None:
    """Read a list of names of routes or services that exist, each counted once."""
    items = sequence(report, node, what, "[late]")
    if items is None:
        return None
    if len(items) > MOST_NAMED:
        report.add(node, f"there are {len(items)} names in `{what}`; leave the key out to mean all")
        return None
    found = [_existing(report, item, what, kind, known) for item in items]
    return tuple(dict.fromkeys(name for name in found if name is not None))


def _existing(report: Report, node: Node, what: str, kind: str, known: Known) -> str | None:
    value = text(report, node, what, "late")
    if value is None or known is None or value in known:
        return value
    assert isinstance(node, Scalar)
    report.unknown(node, kind, known)
    return None


def read_sinks(report: Report, node: Node, routes: Known) -> tuple[Sink, ...]:
    """Return the sinks that can be read; `routes` are the names of those there are."""
    items = sequence(report, node, "sinks", f"[{_EXAMPLE}]") or ()
    if len(items) > MOST_SINKS:
        report.add(node, f"there are {len(items)} sinks; at most {MOST_SINKS} are possible")
        return ()
    sinks: list[Sink] = []
    lines: dict[str, int] = {}
    for item in items:
        sink = _sink(report, item, routes)
        if sink is not None and sink.name in lines:
            first = f"is already that of the sink on line {lines[sink.name]}"
            report.add(item, f"the name `{sink.name}` {first}; how far each has come is kept by its name")
        elif sink is not None:
            lines[sink.name] = item.line
            sinks.append(sink)
    return tuple(sinks)


def _sink(report: Report, node: Node, routes: Known) -> Sink | None:
    found = mapping(report, node, "sinks", _EXAMPLE)
    if found is None:
        return None
    before = len(report.problems)
    given = entries(report, found, "`sinks`", SINK_KEYS)
    if "name" not in given:
        report.add(found, "this sink has no `name`; give it one, such as `lake`")
    kinds = [kind for kind in _KINDS if kind in given]
    values = meanings(report, given, {**_PLAIN, "routes": _routes(routes)})
    if len(kinds) != 1:
        if kinds or len(report.problems) == before:
            listed = ", ".join(f"`{kind}`" for kind in _KINDS)
            report.add(found, f"each sink has exactly one of {listed}; make it one sink for each")
        return None
    return _of_kind(report, given, kinds[0], values)


def _routes(known: Known) -> Reader:
    return lambda report, node, what: named(report, node, what, "route", known)


def _of_kind(report: Report, given: Mapping[str, Node], kind: Kind, values: dict[str, Any]) -> Sink | None:
    if "topic" in given and kind not in _WITH_TOPIC:
        report.add(
            given["topic"], f"`topic` is for `kafka` and `redis`; a `{kind}` has no use for it, delete it"
        )
    target = _KINDS[kind](report, given[kind], kind)
    name = values.pop("name", None)
    return None if target is None or name is None else Sink(name, kind, target, **values)
