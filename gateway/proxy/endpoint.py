"""One replica as this worker sees it: its kept connections, its probes and checks.

Whether it is fit for requests is in `standing`.
"""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, cast

from gateway.proxy.connector import Connector, Shared
from gateway.proxy.health import ActiveCheck, Probe
from gateway.proxy.standing import Standing
from gateway.proxy.upstream import UpstreamConnection

if TYPE_CHECKING:
    from gateway.proxy.backend import Backend

IDLE_TIMEOUT = 4.0
"""Seconds a connection is kept unused: below the 5 s after which common servers close theirs."""


class Endpoint(Standing):
    """One replica; `address` is a url or the path of a Unix socket."""

    __slots__ = ("_check", "_connector", "_probe", "_shared", "address", "authority", "idle")

    def __init__(self, backend: Backend, shared: Shared, address: str) -> None:
        traffic = backend.source.traffic
        self._connector = Connector(shared, address, traffic.tls)
        super().__init__(backend, shared.loop, str(self._connector))
        self._shared = shared
        self.address = address
        self.authority = self._connector.authority
        self.idle: list[UpstreamConnection] = []
        self._probe = Probe(self)
        self._check: ActiveCheck | None = None
        if traffic.health is not None:
            self._check = ActiveCheck(self, traffic.health, random.random())  # noqa: S311 - no secret

    async def open(self, within: float) -> UpstreamConnection:
        """Connect for a request within so many seconds; OSError or TimeoutError where the replica is down."""
        try:
            return await self.connect(within)
        except (OSError, TimeoutError):
            self.backend.count(False, self.loop.time())
            raise

    async def connect(self, within: float) -> UpstreamConnection:
        """Connect as `open` does, but not for a request."""
        try:
            made = await self._connector.connect(self._new, within)
        except (OSError, TimeoutError) as error:
            if self.up:
                self._probe.begin(self.loop.time())
            self.failed(error)
            raise
        self.answered()
        return cast(UpstreamConnection, made)

    def _new(self) -> asyncio.Protocol:
        # Not a subclass of asyncio.Protocol, because mypyc makes fast objects only of classes all its own.
        made = UpstreamConnection(self, self._shared.outbox, self._shared.shapes)
        return cast(asyncio.Protocol, made)

    def release(self, connection: UpstreamConnection) -> None:
        """Take back a connection that is fit for another request."""
        if connection.lost or self.backend.closed:
            connection.close()
            return
        connection.idle_since = self.loop.time()
        self.idle.append(connection)

    def close(self) -> None:
        """Close the idle connections; those in use end with their requests."""
        while self.idle:
            self.idle.pop().close()

    def retire(self) -> None:
        """Close the idle connections and look after it no more."""
        self.close()
        self._probe.stop()
        if self._check is not None:
            self._check.stop()

    def tick(self, now: float) -> None:
        """Do what falls due: idle connections, probes, checks, and what the standing has due."""
        while self.idle and now - self.idle[0].idle_since > IDLE_TIMEOUT:
            self.idle.pop(0).close()
        super().tick(now)
        if not self.up:
            self._probe.tick(now)
        if self._check is not None:
            self._check.tick(now)
