"""How a replica is looked after without requests: probes while it is down, active checks while it is up.

A probe finds out whether connections are accepted, a check whether answers come. A check is one GET on a
connection of its own, so that it sees what a new client would. Each worker checks for itself, at its own
moment within the interval.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from gateway.proxy.answered import Answer
from gateway.proxy.upstream import UpstreamConnection
from gateway.routing.settings import HealthCheck

if TYPE_CHECKING:
    from gateway.proxy.endpoint import Endpoint

JITTER = 0.1
"""The part of the interval by which some check more often than others."""
PROBE_FIRST, PROBE_LAST = 0.1, 0.25
"""Seconds from a failure to the first probe, and at most from one probe to the next."""
PROBE_TIMEOUT = 1.0


class Probe:
    """Tries to connect to a replica that is down; the connection is kept for the first request."""

    __slots__ = ("_delay", "_endpoint", "_next", "_task")

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._delay = PROBE_FIRST
        self._next = 0.0
        self._task: asyncio.Task[None] | None = None

    @property
    def in_flight(self) -> bool:
        """Whether a probe is under way."""
        return self._task is not None

    def begin(self, now: float) -> None:
        """The replica has just failed."""
        self._delay = PROBE_FIRST
        self._next = now + PROBE_FIRST

    def tick(self, now: float) -> None:
        """Probe when it is time to, and once at a time."""
        if now >= self._next and self._task is None:
            self._delay = min(self._delay * 2, PROBE_LAST)
            self._next = now + self._delay
            self._task = self._endpoint.loop.create_task(self._probe())
            self._task.add_done_callback(self._probed)

    async def _probe(self) -> None:
        endpoint = self._endpoint
        try:
            endpoint.release(await endpoint.connect(PROBE_TIMEOUT))
        except (OSError, TimeoutError):
            return  # still down; the next probe is set

    def _probed(self, _: asyncio.Task[None]) -> None:
        self._task = None

    def stop(self) -> None:
        """Give up the probe under way."""
        if self._task is not None:
            self._task.cancel()


class ActiveCheck:
    """The checks of one replica, one at a time. `share` (0 to 1) is this replica's place in the interval."""

    __slots__ = (
        "_connecting",
        "_connection",
        "_deadline",
        "_endpoint",
        "_failures",
        "_interval",
        "_next",
        "_request",
        "_settings",
        "_share",
        "_successes",
        "method",
    )

    def __init__(self, endpoint: Endpoint, settings: HealthCheck, share: float) -> None:
        self.method = b"GET"
        self._endpoint = endpoint
        self._settings = settings
        self._share = share
        self._interval = settings.interval * (1 - JITTER * share)
        line = b"GET %b HTTP/1.1\r\nhost: %b\r\n" % (settings.path.encode(), endpoint.authority)
        self._request = line + b"user-agent: gateway-health\r\nconnection: close\r\n\r\n"
        self._next = self._deadline = 0.0
        self._failures = self._successes = 0
        self._connecting: asyncio.Task[None] | None = None
        self._connection: UpstreamConnection | None = None

    @property
    def in_flight(self) -> bool:
        """Whether a check is under way."""
        return self._connecting is not None or self._connection is not None

    def tick(self, now: float) -> None:
        """Give up a check that is late; begin the next one when it is time to."""
        if self.in_flight:
            if now < self._deadline:
                return
            self.stop()
            self._failed(f"no answer within {self._settings.timeout:g} s")
        if not self._next:
            self._next = now + self._share * self._interval
        elif now >= self._next and self._endpoint.up:  # one that is down is probed already
            due = self._next + self._interval  # from when this one was due, or late ticks would add up
            self._next = due if due > now else now + self._interval
            self._deadline = now + self._settings.timeout
            self._connecting = self._endpoint.loop.create_task(self._ask())

    async def _ask(self) -> None:
        try:
            connection = await self._endpoint.connect(self._settings.timeout)
        except (OSError, TimeoutError):
            self._connecting = None
            return  # the replica is down now: said and probed elsewhere
        self._connecting = None
        if connection.lost:
            self._failed("it closed the connection")
            return
        self._connection = connection
        connection.send(self, self._request)

    def stop(self) -> None:
        """Give up the check under way, without a verdict."""
        connecting, self._connecting = self._connecting, None
        if connecting is not None:
            connecting.cancel()
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.finish(reusable=False)

    def interim(self, head: bytes) -> None:
        """Part of Answered."""

    def answer(self, answer: Answer, body: bytes, complete: bool) -> None:
        """Part of Answered: the head alone decides."""
        self.stop()
        if 200 <= answer.status < 300:
            self._passed()
        else:
            self._failed(f"status {answer.status}")

    def answer_body(self, body: bytes, complete: bool) -> None:
        """Part of Answered: the head has decided already."""

    def switched(self, head: bytes, rest: bytes) -> None:
        """Part of Answered: never asked for."""

    def answer_failed(self, why: str) -> None:
        """Part of Answered."""
        self.stop()
        self._failed(why)

    def upstream_writable(self, writable: bool) -> None:
        """Part of Answered: the request is written whole."""

    def _passed(self) -> None:
        self._failures = 0
        self._successes += 1
        if not self._endpoint.well and self._successes >= self._settings.healthy:
            self._endpoint.set_well(True, f"{self._successes} checks of {self._settings.path} succeeded")

    def _failed(self, why: str) -> None:
        self._successes = 0
        self._failures += 1
        if self._endpoint.well and self._failures >= self._settings.unhealthy:
            path = self._settings.path
            self._endpoint.set_well(False, f"{self._failures} checks of {path} failed, the last: {why}")
