"""The way to one replica: a Unix socket, TCP or TLS."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gateway.errors import GatewayError
from gateway.http.headers import Shapes
from gateway.monitoring.tally import TallyWriter
from gateway.proxy.outbox import Outbox
from gateway.proxy.shared_counts import SharedCounts
from gateway.routing.settings import UpstreamTls


@dataclass(frozen=True, slots=True)
class Shared:
    """What all connections to services use.

    `counts` are those kept together with other workers, where there are any; `folder` is where the file names
    of a plan begin.
    """

    loop: asyncio.AbstractEventLoop
    outbox: Outbox
    shapes: Shapes
    counts: SharedCounts | None = None
    folder: Path = Path()
    tally: TallyWriter | None = None


class Connector:
    """Opens connections to one replica; `authority` is its name in a request of our own."""

    __slots__ = ("_host", "_is_tls", "_name", "_path", "_port", "_shared", "_tls", "authority")

    def __init__(self, shared: Shared, address: str, tls: UpstreamTls | None) -> None:
        """`address` is the path of a Unix socket, or a url with its port."""
        self._shared = shared
        self._tls = tls
        scheme, _, authority = address.partition("://")
        self._path = "" if authority else address
        self._is_tls = scheme == "https"
        host, _, port = authority.rpartition(":")
        self._host, self._port = host.strip("[]"), int(port or 0)
        self._name = (tls.server_name if tls else "") or self._host
        self.authority = authority.encode() or b"localhost"

    async def connect(self, protocol: Callable[[], asyncio.Protocol], within: float) -> asyncio.Protocol:
        """Connect within so many seconds; raises OSError or TimeoutError."""
        loop, context = self._shared.loop, self._context() if self._is_tls else None
        async with asyncio.timeout(within):
            if self._path:
                return (await loop.create_unix_connection(protocol, self._path))[1]
            name = self._name if context else None
            made = await loop.create_connection(
                protocol, self._host, self._port, ssl=context, server_hostname=name
            )
            return made[1]

    def _context(self) -> ssl.SSLContext:
        from gateway.proxy.tls import upstream_context  # most workers need none of it

        try:
            return upstream_context(self._shared.folder, self._tls)
        except GatewayError as problem:  # a file is missing or wrong; it is looked at again at the next try
            raise OSError(str(problem)) from problem

    def __str__(self) -> str:
        return self._path or self.authority.decode()


def reason(error: OSError | TimeoutError) -> str:
    """Say in a few words why a connection could not be made."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"TLS failed: {error.reason or error}"
    return error.strerror or str(error) or "no answer in time"
