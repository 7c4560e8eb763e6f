"""A small HTTP service that can misbehave: `python -m benchmarks.chaos.service PORT BEHAVIOUR`.

It prints its port once it listens. Under /-/ it tells what it got and takes another behaviour.
"""

from __future__ import annotations

import asyncio
import json
import random
import socket
import struct
import sys
from collections import Counter
from typing import cast

import uvloop
from websockets.asyncio.server import ServerConnection, serve

from benchmarks.chaos.behaviour import END, HEALTH, OWN, Behaviour, body, body_parts, from_json

_RESET = struct.pack("ii", 1, 0)
_BEFORE_RESET = 0.005
"""Seconds for what was written to arrive before the RST does."""
_SLICE = 64 * 1024
_LARGE = 1024 * 1024
"""Bytes of a body that is not built in memory."""


class Cut(Exception):
    """This answer ends before its end: with RST, or because the gateway hung up."""


class Service:
    """One service; `attempts` counts the requests by method and token, `cuts` the answers cut short."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.attempts: Counter[tuple[str, str]] = Counter()
        self.cuts: Counter[str] = Counter()
        self._dice = random.Random()
        self.behave(behaviour)

    def behave(self, behaviour: Behaviour) -> None:
        """Behave so from now on."""
        self._behaviour = behaviour
        self._slots = asyncio.Semaphore(behaviour.slots) if behaviour.slots else None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection until it ends."""
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(field(head, b"content-length") or 0)
                content = await reader.readexactly(length)
                if not await self._answer(head, content, writer):
                    break
        except (asyncio.IncompleteReadError, ConnectionError, Cut):
            pass  # the gateway hung up, or we did
        finally:
            writer.close()

    async def _answer(self, head: bytes, content: bytes, writer: asyncio.StreamWriter) -> bool:
        method, target = head.split(b" ", 2)[:2]
        if target.startswith(OWN):
            await self._own(content, writer)
            return True
        if target == HEALTH:
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
            return False
        token = field(head, b"x-token")
        self.attempts[method.decode(), token.decode()] += 1
        behaviour = self._behaviour
        await self._work(behaviour)
        if behaviour.size > _LARGE:
            await _stream(behaviour, token, writer)
            return True
        out = self._out(behaviour, token)
        await self._cut(behaviour, out, writer)
        await _write(behaviour, out, writer)
        return behaviour.framing != "close"

    async def _work(self, behaviour: Behaviour) -> None:
        if self._slots is not None:
            async with self._slots:
                await asyncio.sleep(behaviour.delay)
        elif behaviour.delay:
            await asyncio.sleep(behaviour.delay)

    def _out(self, behaviour: Behaviour, token: bytes) -> bytes:
        failing = self._dice.random() * 100 < behaviour.errors
        status = behaviour.status if failing else 200
        content = body(behaviour.name.encode(), token, behaviour.size)
        if behaviour.framing == "close":
            framing = b"connection: close"
        elif behaviour.framing == "chunked":
            framing = b"transfer-encoding: chunked"
            half = len(content) // 2
            parts = (content[:half], content[half:])
            content = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
        else:
            framing = b"content-length: %d" % len(content)
        return b"HTTP/1.1 %d Said\r\n%b\r\n\r\n%b" % (status, framing, content)

    async def _cut(self, behaviour: Behaviour, out: bytes, writer: asyncio.StreamWriter) -> None:
        lot = self._dice.random() * 100
        if lot < behaviour.cut_head:
            where, end = "head", out.index(b"\r\n\r\n") // 2
        elif lot < behaviour.cut_head + behaviour.cut_body:
            where, end = "body", (out.index(b"\r\n\r\n") + len(out)) // 2
        else:
            return
        self.cuts[where] += 1
        writer.write(out[:end])
        await asyncio.sleep(_BEFORE_RESET)
        cast(socket.socket, writer.get_extra_info("socket")).setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, _RESET
        )
        writer.transport.abort()
        raise Cut

    async def _own(self, content: bytes, writer: asyncio.StreamWriter) -> None:
        """Take another behaviour, if one is sent, and tell what was counted so far."""
        if content:
            self.behave(from_json(content))
        twice = [token for (method, token), times in self.attempts.items() if method == "POST" and times > 1]
        counts = {"attempts": self.attempts.total(), "cuts": dict(self.cuts), "posted_twice": twice}
        counts["posts"] = [token for method, token in self.attempts if method == "POST"]
        out = json.dumps(counts).encode()
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(out), out))


async def _write(behaviour: Behaviour, out: bytes, writer: asyncio.StreamWriter) -> None:
    size = behaviour.piece or len(out)
    for start in range(0, len(out), size):
        if writer.is_closing():
            raise Cut  # nobody wants the rest
        writer.write(out[start : start + size])
        await writer.drain()
        if behaviour.pause:
            await asyncio.sleep(behaviour.pause)


async def _stream(behaviour: Behaviour, token: bytes, writer: asyncio.StreamWriter) -> None:
    begin, filler = body_parts(behaviour.name.encode(), token, behaviour.size)
    writer.write(b"HTTP/1.1 200 Said\r\ncontent-length: %d\r\n\r\n%b" % (behaviour.size, begin))
    slice_ = b"." * _SLICE
    while filler:
        piece = min(filler, _SLICE)
        filler -= piece
        writer.write(slice_[:piece])
        await writer.drain()
    writer.write(END)


def field(head: bytes, name: bytes) -> bytes:
    """Return the value of a field of a head that the gateway wrote, empty where there is none."""
    at = head.lower().find(b"\r\n" + name + b":")
    if at < 0:
        return b""
    at += len(name) + 3
    return head[at : head.index(b"\r\n", at)].strip()


async def _echo(port: int, name: str) -> None:
    """Answer each message of a WebSocket with the name and the message."""

    async def answer(connection: ServerConnection) -> None:
        async for message in connection:
            await connection.send(f"{name}|{message!s}")

    async with serve(answer, "127.0.0.1", port, compression=None, ping_interval=None) as server:
        print(next(iter(server.sockets)).getsockname()[1], flush=True)
        await server.serve_forever()


async def _main(port: int, behaviour: Behaviour) -> None:
    if behaviour.echo:
        await _echo(port, behaviour.name)
        return
    service = Service(behaviour)
    server = await asyncio.start_server(service.serve, "127.0.0.1", port, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_main(int(sys.argv[1]), from_json(sys.argv[2])))
