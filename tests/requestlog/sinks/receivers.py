"""A place for each kind of sink to send to, all with one face: down, up, and the ids that arrived."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from gateway.requestlog.policy import Sink
from tests.requestlog.sinks.collector_site import Collector
from tests.requestlog.sinks.kafka_site import TOPIC, Kafka
from tests.requestlog.sinks.redis_site import STREAM, Redis

KINDS = ("directory", "otlp", "cloudevents", "kafka", "redis")


class Receiver(Protocol):
    """What a sink's target is, seen from the other side."""

    def sink(self) -> Sink:
        """Return the sink that sends here."""

    def down(self) -> None:
        """Take nothing more."""

    def up(self) -> None:
        """Take things again, with everything taken before."""

    def ids(self) -> list[str]:
        """Return the ids of what was taken, repeats included."""

    def close(self) -> None:
        """End."""


class Folder:
    """A folder that is not always mounted."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "lake"
        self._folder.mkdir()

    def sink(self) -> Sink:
        return Sink("directory", "directory", str(self._folder), timeout=1.0)

    def down(self) -> None:
        self._folder.rename(self._folder.with_name("unmounted"))

    def up(self) -> None:
        self._folder.with_name("unmounted").rename(self._folder)

    def ids(self) -> list[str]:
        while True:
            try:
                objects = [gzip.decompress(path.read_bytes()) for path in self._folder.rglob("*.gz")]
            except FileNotFoundError:
                continue  # one with more records took its place while it was looked for: look again
            return [line.split(b'"')[3].decode() for each in objects for line in each.split()]

    def close(self) -> None:
        """Nothing runs."""


class Logs(Collector):
    """A collector of OTLP logs."""

    def sink(self) -> Sink:
        return Sink("otlp", "otlp", f"{self.url}/v1/logs", timeout=1.0)

    def ids(self) -> list[str]:
        return self.log_ids()


class Events(Collector):
    """A broker of CloudEvents."""

    def sink(self) -> Sink:
        return Sink("cloudevents", "cloudevents", f"{self.url}/broker", timeout=1.0)

    def ids(self) -> list[str]:
        return self.event_ids()


class Messages(Kafka):
    """A Kafka cluster."""

    def sink(self) -> Sink:
        return Sink("kafka", "kafka", self.brokers, topic=TOPIC, timeout=1.0)


class Entries(Redis):
    """A Redis server."""

    def sink(self) -> Sink:
        return Sink("redis", "redis", self.url, topic=STREAM, timeout=1.0)


@contextmanager
def receiver(kind: str, folder: Path) -> Iterator[Receiver]:
    """Run one until the block ends."""
    made: Receiver
    if kind == "directory":
        made = Folder(folder)
    elif kind == "kafka":
        made = Messages(folder)
    elif kind == "redis":
        made = Entries(folder)
    else:
        made = Logs() if kind == "otlp" else Events()
    try:
        yield made
    finally:
        made.close()
