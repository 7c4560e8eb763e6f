"""The `tracing` of routing.yaml."""

from __future__ import annotations

from dataclasses import fields

import pytest

from gateway.requestlog.policy import Tracing
from gateway.routing.read_tracing import TRACING_KEYS, read_tracing
from gateway.routing.report import Report
from gateway.routing.yaml_tree import read


def tracing_of(text: str) -> tuple[Tracing, list[str]]:
    """Return how requests are traced by a text, and what was told about it."""
    node, problems = read(text)
    assert node is not None
    report = Report(problems)
    return read_tracing(report, node), [problem.message for problem in report.problems]


def test_good_tracing_is_read() -> None:
    """Everything but the collector has a default."""
    url = "http://127.0.0.1:4318/v1/traces"
    assert tracing_of(f"{{otlp: '{url}'}}") == (Tracing(url, 0.01, "gateway"), [])
    assert tracing_of(f"{{otlp: '{url}', sample: 100%, service: shop}}") == (Tracing(url, 1.0, "shop"), [])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("http://h", "`tracing` must be a mapping"),
        ("{sample: 1%}", "`tracing` has no `otlp`"),
        ("{otlp: h:4318}", "has no scheme"),
        ("{otlp: 'http://u:p@h'}", "a user name or password in it"),
        ("{otlp: 'http://h', sample: 2}", "write `2%`"),
        ("{otlp: 'http://h', service: 'a b'}", "cannot be a name"),
        ("{otlp: 'http://h', samples: 1%}", "did you mean `sample`?"),
    ],
)
def test_a_mistake_is_told_once(text: str, says: str) -> None:
    """One sentence each."""
    _, [message] = tracing_of(text)
    assert says in message


def test_all_keys_of_tracing_can_be_written() -> None:
    """Each field of the data is a key of the file."""
    assert set(TRACING_KEYS) == {field.name for field in fields(Tracing)}
