"""Clients that ask without a pause and remember what became of every single request."""

from __future__ import annotations

import http.client
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tests.waiting import BOUND

CLIENTS = 6


@dataclass(frozen=True)
class Asked:
    """One request: when it was sent and over, from which port, and the version or what went wrong."""

    began: float
    ended: float
    port: int
    user: str
    version: str
    failure: str


class Load:
    """Several clients, each with a kept connection and users of its own, until the end of the block."""

    def __init__(self, address: tuple[str, int], path: str = "/late", body: str = "") -> None:
        self._address = address
        self._path = path
        self._body = body.encode()
        self._stop = threading.Event()
        self._asked: list[list[Asked]] = [[] for _ in range(CLIENTS)]
        self._threads = [threading.Thread(target=self._ask, args=(n,)) for n in range(CLIENTS)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        self.some()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(2 * BOUND)

    def some(self, more: int = 300) -> None:
        """Wait until so many more requests are over."""
        until = self.count() + more
        deadline = time.monotonic() + BOUND
        while self.count() < until:
            assert time.monotonic() < deadline, "the clients are stuck"
            time.sleep(0.002)

    def count(self) -> int:
        """Return how many requests are over."""
        return sum(map(len, self._asked))

    def asked(self, since: float = 0.0) -> list[Asked]:
        """Return the requests sent since then."""
        return [each for client in self._asked for each in list(client) if each.began >= since]

    def failed(self) -> list[Asked]:
        """Return the requests that were not answered as they should."""
        return [each for each in self.asked() if each.failure]

    def served(self, since: float) -> Counter[str]:
        """Return how often each version answered since then."""
        return Counter(each.version for each in self.asked(since))

    def _ask(self, number: int) -> None:
        connection = http.client.HTTPConnection(*self._address, timeout=BOUND)
        turn = 0
        while not self._stop.is_set():
            turn += 1
            if connection.sock is None:
                connection.connect()
            self._asked[number].append(self._once(connection, f"user-{number}-{turn % 25}"))
        connection.close()

    def _once(self, connection: http.client.HTTPConnection, user: str) -> Asked:
        port = connection.sock.getsockname()[1]
        version = failure = ""
        began = time.monotonic()
        try:
            connection.request("POST" if self._body else "GET", self._path, self._body, {"x-user-id": user})
            answer = connection.getresponse()
            text = answer.read()
            version = answer.getheader("x-model-version") or ""
            if answer.status != 200:
                failure = f"{answer.status} {text.decode()}"
        except (OSError, http.client.HTTPException) as error:
            failure = repr(error)
            connection.close()
        return Asked(began, time.monotonic(), port, user, version, failure)


def ports_of(pid: int, listen: tuple[str, int]) -> set[int]:
    """Return the client ports of the connections that a process has accepted on an address."""
    inodes = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = str(link.readlink())
        except FileNotFoundError:
            continue  # closed since it was listed
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    ports = set()
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, remote, state, *rest = line.split()
        if state == "01" and rest[5] in inodes and int(local.partition(":")[2], 16) == listen[1]:
            ports.add(int(remote.partition(":")[2], 16))
    return ports
