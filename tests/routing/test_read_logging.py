"""The `logging` of routing.yaml."""

from __future__ import annotations

from dataclasses import fields

import pytest

from gateway.requestlog.policy import Logging
from gateway.routing.read_logging import LOGGING_KEYS, read_logging
from gateway.routing.report import Report
from gateway.routing.yaml_tree import read


def logging_of(text: str) -> tuple[Logging, list[str]]:
    """Return how processes log by a text, and what was told about it."""
    node, problems = read(text)
    assert node is not None
    report = Report(problems)
    return read_logging(report, node), [problem.message for problem in report.problems]


@pytest.mark.parametrize("level", ["debug", "info", "warning", "error"])
def test_good_logging_is_read(level: str) -> None:
    """What is not said is as usual."""
    assert logging_of(f"{{level: {level}}}") == (Logging(level=level), [])  # type: ignore[arg-type]
    assert logging_of("{format: json, access: true}") == (Logging("json", access=True), [])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("json", "`logging` must be a mapping such as `{format: json, level: info}`"),
        ("{format: text}", "must be `console` or `json`"),
        ("{level: warn}", "must be `debug` or `info` or `warning` or `error`"),
        ("{access: on}", "must be `true` or `false`"),
        ("{acess: true}", "did you mean `access`?"),
    ],
)
def test_a_mistake_is_told_once(text: str, says: str) -> None:
    """One sentence each."""
    _, [message] = logging_of(text)
    assert says in message


def test_all_keys_of_logging_can_be_written() -> None:
    """Each field of the data is a key of the file."""
    assert set(LOGGING_KEYS) == {field.name for field in fields(Logging)}
