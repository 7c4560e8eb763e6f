"""A TLS listener on real sockets for tests, and clients that report what they were served."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest

from gateway.proxy.tls import peer_identity
from gateway.routing.settings import Certificate, Tls
from tests.tls_files import Authority, Pair


class _Teller:
    """Answers every piece with who the client has proved to be."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self.transport.write(b"<%b>" % peer_identity(self.transport.get_extra_info("ssl_object")))

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is kept."""


@asynccontextmanager
async def listening(context: ssl.SSLContext) -> AsyncIterator[int]:
    """Listen with this context on the worker's event loop; the port is the value."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: cast(asyncio.Protocol, _Teller()), "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@dataclass(slots=True)
class Talk:
    """An open connection; `who` is the server's common name."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @property
    def tls(self) -> ssl.SSLObject:
        """The client's side of TLS."""
        return cast(ssl.SSLObject, self.writer.get_extra_info("ssl_object"))

    @property
    def who(self) -> str:
        """The server's common name."""
        return common_name(self.tls)

    async def ask(self) -> bytes:
        """Say something, and return who the server takes us for."""
        self.writer.write(b"?")
        return (await self.reader.readuntil(b">"))[1:-1]


@asynccontextmanager
async def talk(port: int, context: ssl.SSLContext, name: str = "") -> AsyncIterator[Talk]:
    """Connect and shake hands, asking for `name` or for none."""
    connected = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=name)
    try:
        yield Talk(*connected)
    finally:
        connected[1].transport.abort()


async def who(port: int, context: ssl.SSLContext, name: str = "") -> str:
    """Return the common name of the certificate served."""
    async with talk(port, context, name) as found:
        await found.ask()
        return found.who


async def refused(port: int, context: ssl.SSLContext, name: str = "") -> None:
    """Check that the server does not serve such a client; it may learn so only when it reads."""
    with pytest.raises((OSError, EOFError)):
        await who(port, context, name)


def common_name(connection: ssl.SSLObject | ssl.SSLSocket) -> str:
    """Return the other side's common name."""
    certificate = connection.getpeercert()
    assert certificate
    subject = cast("tuple[tuple[tuple[str, str], ...], ...]", certificate["subject"])
    return next(value for part in subject for name, value in part if name == "commonName")


def client(
    ca: Authority, pair: Pair | None = None, *, version: str = "", alpn: tuple[str, ...] = ()
) -> ssl.SSLContext:
    """Return a client's context: it trusts `ca`, shows `pair`, and does not compare names."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations(ca.cert)
    if pair is not None:
        context.load_cert_chain(pair.cert, pair.key)
    if version:
        context.minimum_version = context.maximum_version = VERSIONS[version]
    if alpn:
        context.set_alpn_protocols(list(alpn))
    return context


VERSIONS = {"TLSv1.2": ssl.TLSVersion.TLSv1_2, "TLSv1.3": ssl.TLSVersion.TLSv1_3}


def settings(*pairs: Pair, client_ca: Path | str = "", **others: object) -> Tls:
    """Return settings for these certificates."""
    certificates = tuple(Certificate(str(pair.cert), str(pair.key)) for pair in pairs)
    return Tls("127.0.0.1:0", certificates, str(client_ca), **others)  # type: ignore[arg-type]


def copy(source: Pair, target: Pair) -> None:
    """Replace a pair by another, as a renewal does: each file written aside and renamed."""
    for one, other in ((source.cert, target.cert), (source.key, target.key)):
        replace(one, other)


def replace(source: Path, target: Path) -> None:
    """Replace a file by another's content."""
    aside = target.with_name(target.name + ".new")
    aside.write_bytes(source.read_bytes())
    aside.rename(target)
