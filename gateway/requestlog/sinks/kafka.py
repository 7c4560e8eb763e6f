"""Records as messages of a Kafka topic, the record's id as their key."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from gateway.extras import install
from gateway.outcall import CallFailed, from_environment
from gateway.requestlog.sinks.target import MEBIBYTE, Item, SendFailed

_TOO_LARGE = ("MSG_SIZE_TOO_LARGE", "INVALID_MSG_SIZE", "RECORD_LIST_TOO_LARGE", "INVALID_RECORD")
_LOG = logging.getLogger(__name__)


class Kafka:
    """An idempotent producer that every in-sync replica must acknowledge to.

    `target` is brokers with commas between them; settings of librdkafka may follow, as in
    `broker:9093?security.protocol=SASL_SSL&sasl.username=${NAME}`. Raises SendFailed without confluent-kafka.
    """

    linger = 0.0
    most_bytes = MEBIBYTE

    def __init__(self, target: str, topic: str, timeout: float) -> None:
        try:
            import confluent_kafka
        except ImportError:
            raise SendFailed(f"a Kafka sink needs confluent-kafka: {install('kafka')}") from None
        self._library = confluent_kafka
        self._topic = topic
        self._timeout = timeout
        self._settings = settings(target, timeout)
        self._producer: Any = None
        self._trouble = ""

    def send(self, items: Sequence[Item]) -> None:
        """Send the items and wait for each one's acknowledgement; raises SendFailed."""
        failed: list[Any] = []
        try:
            if self._producer is None:
                self._producer = self._library.Producer(self._conf(), logger=_LOG)
            for item in items:
                self._produce(item, failed)
            left = self._producer.flush(self._timeout + 1.0)
        except self._library.KafkaException as error:
            self.close()
            raise self._failure([error.args[0]]) from None
        if left or any(error.fatal() for error in failed):
            self.close()  # else the producer is kept: it looks for its brokers meanwhile
        if left or failed:
            raise self._failure(failed)
        self._trouble = ""

    def _produce(self, item: Item, failed: list[Any]) -> None:
        def acknowledged(error: Any, _: Any) -> None:
            if error is not None:
                failed.append(error)

        key = str(item.record.get("id", ""))
        while True:
            try:
                self._producer.produce(self._topic, item.line, key, on_delivery=acknowledged)
                return
            except BufferError:  # its queue is full: wait until some are acknowledged
                self._producer.poll(0.1)

    def _failure(self, failed: list[Any]) -> SendFailed:
        refused = bool(failed) and all(error.name() in _TOO_LARGE for error in failed)
        said = failed[0].str() if failed else f"no acknowledgement within {self._timeout:g} s"
        trouble = f" ({self._trouble})" if self._trouble and not refused else ""
        return SendFailed(f"Kafka did not take it: {said}{trouble}", refused=refused)

    def _conf(self) -> dict[str, Any]:
        return {**self._settings, "error_cb": self._heard}

    def _heard(self, error: Any) -> None:
        self._trouble = error.str()

    def close(self) -> None:
        """Let go of the producer; what it has not been told is acknowledged is sent again."""
        if self._producer is not None:
            self._producer.purge()
            self._producer.flush(1.0)
            self._producer = None


def settings(target: str, timeout: float) -> dict[str, Any]:
    """Return librdkafka's settings for a target; raises SendFailed where the environment lacks a name."""
    try:
        brokers, _, more = from_environment(target).partition("?")
    except CallFailed as error:
        raise SendFailed(str(error)) from None
    given = dict(pair.partition("=")[::2] for pair in more.split("&") if pair)
    return {
        "client.id": "gateway",
        "linger.ms": 5,
        "compression.type": "zstd",
        "log_level": 2,  # what goes wrong is said in status
        **given,
        **({"bootstrap.servers": brokers} if brokers else {}),
        "enable.idempotence": True,
        "acks": "all",
        "message.timeout.ms": max(1, int(timeout * 1000)),
    }
