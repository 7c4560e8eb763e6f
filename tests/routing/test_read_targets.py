"""Where records are sent: folders, URLs, brokers, and no secrets."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gateway.routing.read_targets import brokers, folder, redis_url, secret_in, web_sink
from gateway.routing.report import Report
from gateway.routing.yaml_nodes import Node, Scalar

Read = Callable[[Report, Node, str], str | None]


def found(read: Read, value: str) -> tuple[str | None, list[str]]:
    """Return what is read from a value, and what is told."""
    report = Report()
    meaning = read(report, Scalar(value, 1, 1, 0, len(value), ""), "target")
    return meaning, [problem.message for problem in report.problems]


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (folder, "exports/requests"),
        (folder, "${EXPORTS}/requests"),
        (web_sink, "http://127.0.0.1:4318/v1/logs"),
        (web_sink, "https://logs.example/v1/logs?token=${SINK_TOKEN}"),
        (web_sink, "${SINK}"),
        (web_sink, "https://logs.example/0f8fad5b-d9cb-469f-a165-70867728950e/v1/logs"),
        (brokers, "10.0.0.8:9092,[::1]:9092,broker.internal:9092"),
        (brokers, "${KAFKA}"),
        (brokers, "10.0.0.8:${PORT}"),
        (redis_url, "redis://10.0.0.8:6379/0"),
        (redis_url, "rediss://cache.internal"),
        (redis_url, "redis://:${REDIS_PASSWORD}@10.0.0.8:6379"),
        (redis_url, "${REDIS_URL}"),
    ],
)
def test_a_good_target_is_kept_as_written(read: Read, value: str) -> None:
    """Variables are looked up when they are used."""
    assert found(read, value) == (value, [])


def test_spaces_between_brokers_do_no_harm() -> None:
    """A list is a list."""
    assert found(brokers, "a:1, b:2")[0] == "a:1,b:2"


@pytest.mark.parametrize(
    ("read", "value", "says"),
    [
        (folder, "https://h/x", "a URL has another key"),
        (folder, "${X", "without a name"),
        (web_sink, "ftp://h", "must begin with `http://` or `https://`"),
        (web_sink, "logs.example", "has no scheme"),
        (brokers, "10.0.0.8", "the port is missing"),
        (brokers, "kafka://10.0.0.8:9092", "a host and a port, nothing else"),
        (brokers, "user:pw@h:9092", "a host and a port, nothing else"),
        (brokers, "h:0", "nobody can be reached there"),
        (brokers, ",".join(["h:9092"] * 51), "at most 50"),
        (redis_url, "http://h", "no such URL"),
        (redis_url, "redis://h:6379/x", "no such URL"),
        (redis_url, "redis://0.0.0.0:6379", "nobody can be reached there"),
    ],
)
def test_a_mistake_is_told_once(read: Read, value: str, says: str) -> None:
    """One sentence each."""
    meaning, [message] = found(read, value)
    assert meaning is None
    assert says in message


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (web_sink, "https://user:hunter2@logs.example/v1"),
        (web_sink, "https://hunter2@logs.example/v1"),
        (web_sink, "https://logs.example/v1?token=hunter2"),
        (web_sink, "https://logs.example/v1?a=b&X-Api-Key=hunter2"),
        (web_sink, "https://logs.example/v1?access_token=${A}hunter2"),
        (web_sink, "https://logs.example/hunter2hunter2hunter2hunter2hunter2/v1"),
        (redis_url, "redis://:hunter2@h:6379"),
        (redis_url, "redis://user:hunter2@h:6379"),
    ],
)
def test_a_secret_is_refused_and_not_repeated(read: Read, value: str) -> None:
    """The message names what to write instead, and never the secret."""
    meaning, [message] = found(read, value)
    assert meaning is None
    assert "hunter2" not in message
    assert "${" in message or "the path or the query" in message


def test_a_plain_address_holds_no_secret() -> None:
    """Long words and short numbers are none."""
    assert secret_in("https://telemetry-collector-of-the-northern-region.example/v1/logs?page=2") == ""
