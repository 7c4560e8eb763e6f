"""librdkafka's mock cluster in a process of its own, so that it can be stopped like brokers that hang.

Run as a program it prints the brokers' addresses, then appends `partition offset id` of each message it has
to a file, until its standard input ends.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from gateway.lifeline import at_end_of_input
from tests.waiting import BOUND

TOPIC = "records"


class Kafka:
    """A cluster of two brokers; while it is `down` they take connections and say nothing."""

    def __init__(self, folder: Path) -> None:
        self._seen = folder / "kafka.seen"
        self._seen.touch()
        command = [sys.executable, "-m", "tests.requestlog.sinks.kafka_site", str(self._seen)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.brokers = self._process.stdout.readline().strip()
        assert self.brokers

    def down(self) -> None:
        """Stop it, and return once no thread of it runs any more: until then it may answer."""
        self._process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self._process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)

    def up(self) -> None:
        """Let it go on."""
        self._process.send_signal(signal.SIGCONT)

    def ids(self) -> list[str]:
        """Return the keys of all messages, repeats included."""
        lines = self._seen.read_text().rpartition("\n")[0].splitlines()  # the last one may be half there
        return [each.split()[2] for each in lines if len(each.split()) == 3]

    def close(self) -> None:
        """End it."""
        self.up()
        self._process.communicate(timeout=BOUND)


def main(seen: Path) -> None:
    """Be the cluster."""
    from confluent_kafka import Consumer, Producer, TopicPartition

    cluster = Producer({"test.mock.num.brokers": 2, "bootstrap.servers": "", "log_level": 2})
    found = cluster.list_topics(TOPIC, timeout=BOUND)
    brokers = ",".join(f"{each.host}:{each.port}" for each in found.brokers.values())
    reader = Consumer(
        {"bootstrap.servers": brokers, "group.id": "test", "enable.auto.commit": False, "log_level": 2}
    )
    reader.assign([TopicPartition(TOPIC, number, 0) for number in found.topics[TOPIC].partitions])
    print(brokers, flush=True)
    ended = threading.Event()
    at_end_of_input(ended.set)
    with seen.open("a", buffering=1) as file:
        while not ended.is_set():
            for message in reader.consume(500, 0.05):
                if message.error() is None:
                    key = (message.key() or b"").decode()
                    file.write(f"{message.partition()} {message.offset()} {key}\n")
    reader.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
