"""One end of a real connection, and what tests read from heads."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


class Peer:
    """A raw connection, on either side of the gateway."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def send(self, data: bytes) -> None:
        """Send these bytes, waiting while the other side takes no more."""
        self.writer.write(data)
        await self.writer.drain()

    async def head(self) -> bytes:
        """Return everything up to and with the next empty line."""
        return await self.reader.readuntil(b"\r\n\r\n")

    async def exactly(self, count: int) -> bytes:
        """Return the next so many bytes."""
        return await self.reader.readexactly(count)

    async def end(self) -> bytes:
        """Return everything until the other side has closed."""
        return await self.reader.read()

    async def answer(self) -> tuple[bytes, bytes]:
        """Return the head and the decoded body of an answer that says how it ends."""
        head = await self.head()
        length = field(head, "content-length")
        if length is not None:
            return head, await self.exactly(int(length))
        assert field(head, "transfer-encoding") == "chunked", head
        return head, await self.chunks()

    async def chunks(self) -> bytes:
        """Return a chunked body, decoded; it has neither extensions nor trailers."""
        body = b""
        while size := int((await self.reader.readuntil(b"\r\n"))[:-2], 16):
            body += await self.exactly(size)
            assert await self.exactly(2) == b"\r\n"
        assert await self.exactly(2) == b"\r\n"
        return body

    def reset(self) -> None:
        """Cut the connection with a TCP reset."""
        option = struct.pack("ii", 1, 0)
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, option)
        self.writer.transport.abort()

    def half_close(self) -> None:
        """Say that nothing more will be sent."""
        self.writer.write_eof()

    async def leave(self) -> None:
        """Close the connection once everything is sent."""
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except OSError:
            pass  # the other side was faster

    async def close(self) -> None:
        """Drop the connection and whatever is still to be sent."""
        self.writer.transport.abort()
        await asyncio.sleep(0)


def field(head: bytes, name: str) -> str | None:
    """Return the only value of a header field, None where there is none."""
    values = fields(head, name)
    assert len(values) < 2, head
    return values[0] if values else None


def fields(head: bytes, name: str) -> list[str]:
    """Return every value of a header field, in order."""
    lines = [line.partition(":") for line in head.decode("latin-1").split("\r\n\r\n")[0].split("\r\n")[1:]]
    return [value.strip() for found, _, value in lines if found.lower() == name]


async def until(condition: Callable[[], object]) -> None:
    """Wait for a condition; the test's own bound applies."""
    while not condition():  # noqa: ASYNC110 - what tests wait for are values that nobody announces
        await asyncio.sleep(0.001)
