"""Steady, real questions to the gateway under test, so that every page has something to show."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from functools import cache
from itertools import count
from typing import Self

from benchmarks.flights import question, read_flights, read_inputs
from tests.waiting import BOUND

RATE = 40.0
FLIGHTS = 400
UNREADABLE_EVERY = 40
"""One of so many requests is no question at all, so that there are refusals to look at."""


@cache
def bodies(metadata: str) -> list[bytes]:
    """Return flights as requests, in the form of a model's metadata (JSON)."""
    flights = read_flights()[:FLIGHTS]
    inputs = read_inputs(json.loads(metadata), list(flights[0].known))
    return [json.dumps(question(flight, inputs, str(n))).encode() for n, flight in enumerate(flights)]


class Traffic:
    """One client that asks `RATE` times a second until the end of the block; its users come again."""

    def __init__(self, address: tuple[str, int], path: str = "/v2/models/late") -> None:
        self._address = address
        self._path = path
        self._stop = threading.Event()
        self._answered = threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def some(self, more: int) -> None:
        """Wait until so many more requests are answered."""
        while self._answered.acquire(blocking=False):
            pass  # those before do not count
        for _ in range(more):
            assert self._answered.acquire(timeout=BOUND), "the gateway answers nobody"

    def _run(self) -> None:
        wire = http.client.HTTPConnection(*self._address, timeout=BOUND)
        for user, body in self._questions(self._metadata(wire)):
            try:
                wire.request("POST", f"{self._path}/infer", body, {"x-user-id": user})
                wire.getresponse().read()
            except (OSError, http.client.HTTPException):
                wire.close()  # the next request connects anew: a test may have killed a worker
            self._answered.release()
            if self._stop.wait(1 / RATE):
                break
        wire.close()

    def _metadata(self, wire: http.client.HTTPConnection) -> str:
        """Return the model's description, once it is there: a busy machine starts models late."""
        while True:
            wire.request("GET", self._path)
            answer = wire.getresponse()
            text = answer.read().decode()
            if answer.status == 200 or self._stop.wait(0.1):
                return text

    @staticmethod
    def _questions(metadata: str) -> Iterator[tuple[str, bytes]]:
        known = bodies(metadata)
        for n in count():
            yield f"user-{n % 97}", b"{" if n % UNREADABLE_EVERY == 7 else known[n % len(known)]
