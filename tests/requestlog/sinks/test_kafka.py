"""Messages of a Kafka topic, acknowledged before anybody relies on them."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.requestlog.sinks.kafka import Kafka, settings
from gateway.requestlog.sinks.target import SendFailed
from tests.requestlog.sinks import kafka_site
from tests.requestlog.sinks.items import items
from tests.requestlog.sinks.log_site import record
from tests.waiting import BOUND, until


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[kafka_site.Kafka]:
    """Two brokers."""
    made = kafka_site.Kafka(tmp_path)
    yield made
    made.close()


def test_each_record_is_a_message_with_its_id_as_key(cluster: kafka_site.Kafka) -> None:
    """The topic is made by the brokers, where they make topics."""
    target = Kafka(cluster.brokers, kafka_site.TOPIC, BOUND)
    target.send(items(*map(record, range(100))))
    target.close()
    until(lambda: len(cluster.ids()) == 100)
    assert set(cluster.ids()) == {record(number)["id"] for number in range(100)}


def test_brokers_that_hang_are_waited_for_no_longer_than_allowed(cluster: kafka_site.Kafka) -> None:
    """And once they go on, so does the sink."""
    target = Kafka(cluster.brokers, kafka_site.TOPIC, 0.5)
    until(lambda: _sent(target, 0))  # the first connection may take longer than that
    cluster.down()
    with pytest.raises(SendFailed, match="Kafka did not take it"):
        target.send(items(record(1)))
    cluster.up()
    until(lambda: _sent(target, 1))
    target.close()
    until(lambda: {record(0)["id"], record(1)["id"]} <= set(cluster.ids()))


def _sent(target: Kafka, number: int) -> bool:
    try:
        target.send(items(record(number)))
    except SendFailed:
        return False
    return True


def test_nobody_there_is_said_with_the_reason() -> None:
    """Not only that it took too long."""
    target = Kafka("127.0.0.1:1", "records", 0.5)
    found = until(lambda: _refusal(target))
    assert str(found).startswith("Kafka did not take it: ")
    assert not found.refused
    target.close()


def _refusal(target: Kafka) -> SendFailed | None:
    """Return how sending fails, None where the library had no time yet to try the address."""
    with pytest.raises(SendFailed) as caught:
        target.send(items(record(0)))
    return caught.value if re.search("refused|down", str(caught.value)) else None


def test_a_record_that_is_too_large_is_refused(cluster: kafka_site.Kafka) -> None:
    """No broker would ever take it."""
    target = Kafka(f"{cluster.brokers}?message.max.bytes=2000", kafka_site.TOPIC, BOUND)
    with pytest.raises(SendFailed, match="too large") as caught:
        target.send(items(record(0, request_body="x" * 5000)))
    assert caught.value.refused
    target.send(items(record(1)))
    target.close()


def test_more_settings_may_follow_but_not_weaken_the_guarantee(monkeypatch: pytest.MonkeyPatch) -> None:
    """Secrets come from the environment."""
    monkeypatch.setenv("KAFKA", "b1:9093,b2:9093?security.protocol=SASL_SSL&sasl.password=a=b")
    found = settings("${KAFKA}", 2.5)
    assert found["bootstrap.servers"] == "b1:9093,b2:9093"
    assert (found["security.protocol"], found["sasl.password"]) == ("SASL_SSL", "a=b")
    assert found["message.timeout.ms"] == 2500
    assert settings("b:1?acks=0&enable.idempotence=false", 1.0)["acks"] == "all"
    with pytest.raises(SendFailed, match="NO_SUCH_NAME"):
        settings("${NO_SUCH_NAME}", 1.0)


def test_a_setting_that_does_not_exist_is_said() -> None:
    """By its name."""
    target = Kafka("127.0.0.1:1?no.such=1", "records", 1.0)
    with pytest.raises(SendFailed, match=r"no\.such"):
        target.send(items(record(0)))
    target.close()


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A person can act on it."""
    monkeypatch.setitem(sys.modules, "confluent_kafka", None)
    with pytest.raises(SendFailed, match="the gateway's extra `kafka`"):
        Kafka("127.0.0.1:1", "records", 1.0)
