"""A client's connection that retries nothing and believes nothing: is each answer whole, and whose is it?"""

from __future__ import annotations

import asyncio
import select
import ssl
from dataclasses import dataclass
from itertools import count
from time import monotonic

from benchmarks.chaos.behaviour import is_whole
from benchmarks.chaos.service import field

PATIENCE = 10.0
"""Seconds after which a request counts as not answered."""
_numbers = count(1)


class Broken(Exception):
    """What came is not a whole answer."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What to send; the body of a POST is the request's own token."""

    method: bytes = b"GET"
    path: bytes = b"/"
    headers: bytes = b""


@dataclass(frozen=True, slots=True)
class Seen:
    """One request and what came of it; `failure` is empty for a whole 200. Times are of CLOCK_MONOTONIC."""

    ask: Ask
    token: str
    began: float
    ended: float
    status: int
    version: str
    failure: str

    @property
    def took(self) -> float:
        """Seconds from the request to the answer's last byte."""
        return self.ended - self.began


class Wire:
    """One keep-alive connection, opened when it is needed."""

    __slots__ = ("_port", "_reader", "_tls", "_writer")

    def __init__(self, port: int, tls: ssl.SSLContext | None = None) -> None:
        self._port = port
        self._tls = tls
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, ask: Ask, versions: frozenset[str], due: float = 0.0) -> Seen:
        """Send one request and wait for its end; never raises for what the server does.

        Of `versions` one must have answered; without any, nothing is checked.
        """
        token = b"t%d" % next(_numbers)
        began, status, version = due or monotonic(), 0, b""
        failure = ""
        try:
            async with asyncio.timeout(PATIENCE):
                await self._open()
                status, version = await self._talk(ask, token, versions)
                failure = "" if status == 200 else f"status {status}"
        except TimeoutError:
            failure = f"no answer within {PATIENCE:g} s"
        except asyncio.IncompleteReadError as cut:
            failure = "cut short" if cut.partial else "closed without an answer"
        except (OSError, Broken) as broken:
            failure = str(broken) or type(broken).__name__
        if not status:
            self.close()
        return Seen(ask, token.decode(), began, monotonic(), status, version.decode(), failure)

    async def _open(self) -> None:
        if self._writer is not None and _is_dropped(self._writer):
            self.close()  # closed while nothing was asked, as a server may
        if self._writer is None:
            self._reader, self._writer = await asyncio.open_connection(
                "127.0.0.1", self._port, ssl=self._tls, server_hostname="localhost" if self._tls else None
            )

    async def _talk(self, ask: Ask, token: bytes, versions: frozenset[str]) -> tuple[int, bytes]:
        assert self._writer is not None
        assert self._reader is not None
        content = token if ask.method == b"POST" else b""
        length = b"content-length: %d\r\n" % len(content) if content else b""
        parts = (ask.method, ask.path, token, length, ask.headers, content)
        self._writer.write(b"%b %b HTTP/1.1\r\nhost: localhost\r\nx-token: %b\r\n%b%b\r\n%b" % parts)
        head = await self._reader.readuntil(b"\r\n\r\n")
        answer = await _content(head, self._reader)
        status, version = int(head[9:12]), field(head, b"x-model-version")
        if field(head, b"connection") == b"close":
            self.close()
        if not versions:  # a service is asked directly
            return status, b""
        if status == 200 and version.decode() not in versions:
            raise Broken(f"an answer of {version.decode()!r}, who could not have answered")
        if status == 200 and not is_whole(answer, version, token):
            raise Broken("a cut or foreign answer that looks whole")
        return status, version

    def close(self) -> None:
        """Hang up."""
        if self._writer is not None:
            self._writer.transport.abort()
        self._reader = self._writer = None


async def ask_once(port: int, ask: Ask, versions: frozenset[str]) -> Seen:
    """Send one request on a connection of its own."""
    wire = Wire(port)
    try:
        return await wire.ask(ask, versions)
    finally:
        wire.close()
        await asyncio.sleep(0)  # the loop closes what was just told to close


def _is_dropped(writer: asyncio.StreamWriter) -> bool:
    """Tell whether the server hung up or said something unasked; the event loop may not know of it yet."""
    if writer.is_closing():
        return True
    looking = select.poll()
    looking.register(writer.get_extra_info("socket").fileno(), select.POLLIN)
    return bool(looking.poll(0))


async def _content(head: bytes, reader: asyncio.StreamReader) -> bytes:
    length = field(head, b"content-length")
    if length:
        return await reader.readexactly(int(length))
    if field(head, b"transfer-encoding") != b"chunked":
        raise Broken("an answer without framing")
    content = b""
    while size := int(await reader.readuntil(b"\r\n"), 16):
        content += (await reader.readexactly(size + 2))[:-2]
    await reader.readexactly(2)
    return content
