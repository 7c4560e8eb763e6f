"""A service that notes every byte it is sent and answers each complete request.

The gateway frames bodies anew, so this reader needs to know no more than lengths and plain chunks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeAlias

_Reading: TypeAlias = Coroutine[Any, Any, bytes]
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nx-seen: 1\r\n\r\n"


@dataclass(frozen=True)
class Recorded:
    """One complete request; `fields` has the lines that begin with a name, by lower-case name."""

    line: bytes
    fields: dict[str, list[bytes]]
    body: bytes


class Recorder:
    """Listens on loopback; `wire` has the bytes of every request begun, `complete` of every whole one,
    `requests` what was in those."""

    def __init__(self) -> None:
        self.wire: list[bytearray] = []
        self.complete: list[bytearray] = []
        self.requests: list[Recorded] = []
        self.port = 0
        self._writers: set[asyncio.StreamWriter] = set()

    async def listen(self) -> None:
        """Begin to accept connections."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=1 << 20)
        self.port = self._server.sockets[0].getsockname()[1]

    def forget(self) -> None:
        """Begin a new case."""
        self.requests.clear()
        self.complete.clear()
        self.wire.clear()

    def bytes_seen(self) -> bytes:
        """Return everything that came since `forget`."""
        return b"".join(self.wire)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while True:
                await self._one(reader, writer)
        except (asyncio.IncompleteReadError, OSError):
            pass  # the gateway has let go of this connection
        except ValueError:  # a length that is none, from a proxy that passes on what it gets
            self.requests.append(Recorded(b"?", {}, b""))
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = await reader.readexactly(1)
        noted = bytearray(first)
        self.wire.append(noted)
        head = first + await self._noting(noted, reader.readuntil(b"\r\n\r\n"))
        line, fields = _parsed(head)
        if any(value.lower() == b"chunked" for value in fields.get("transfer-encoding", [])):
            body = await self._chunks(reader, noted)
        else:
            length = int(fields.get("content-length", [b"0"])[0])
            body = await self._noting(noted, reader.readexactly(length))
        self.complete.append(noted)
        self.requests.append(Recorded(line, fields, body))
        head_only = line.startswith(b"HEAD ")
        writer.write(ANSWER if not head_only else ANSWER.replace(b"content-length: 0\r\n", b""))
        await writer.drain()

    async def _chunks(self, reader: asyncio.StreamReader, noted: bytearray) -> bytes:
        body = b""
        while True:
            size = int(await self._noting(noted, reader.readuntil(b"\r\n")), 16)
            data = await self._noting(noted, reader.readexactly(size + 2))
            if not size:
                return body
            body += data[:-2]

    async def _noting(self, noted: bytearray, reading: _Reading) -> bytes:
        try:
            data = await reading
        except asyncio.IncompleteReadError as short:
            noted += short.partial
            raise
        noted += data
        return data

    async def close(self) -> None:
        """Close the listener and every connection."""
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        await asyncio.sleep(0)


def _parsed(head: bytes) -> tuple[bytes, dict[str, list[bytes]]]:
    line, *lines = head[:-4].split(b"\r\n")
    fields: dict[str, list[bytes]] = {}
    for one in lines:
        name, _, value = one.partition(b":")
        fields.setdefault(name.decode("latin-1").lower(), []).append(value.strip(b" \t"))
    return line, fields
