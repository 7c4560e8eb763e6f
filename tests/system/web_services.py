"""Web services for the tests of clients: they tell what they were asked, and stream what they are told to.

All of them run in one event loop of a thread, so that requests to several of them can wait for one another.
"""

from __future__ import annotations

import asyncio
import hashlib
import socket
import ssl
import threading
from collections import defaultdict
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Self

import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from tests.tls_files import Pair
from tests.waiting import BOUND

PAGE = (Path(__file__).parent / "page.html").read_text()


def pattern(size: int) -> bytes:
    """Return bytes that show at once where a piece is missing or doubled."""
    return b"".join(b"%07d\n" % line for line in range(size // 8 + 1))[:size]


class WebServices:
    """Services by name, each at a URL of its own; with a pair by TLS, with a CA only for whom it signed."""

    def __init__(self, *names: str, pair: Pair | None = None, client_ca: Path | None = None) -> None:
        self.urls: dict[str, str] = {}
        self._names = names
        self._pair = pair
        self._client_ca = client_ca
        self._asked: list[str] = []
        self._pieces: dict[str, asyncio.Queue[bytes]] = defaultdict(asyncio.Queue)
        self._barriers: dict[str, asyncio.Barrier] = {}
        self._servers: list[uvicorn.Server] = []
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(BOUND)
        return self

    def __exit__(self, *_: object) -> None:
        for server in self._servers:
            server.should_exit = server.force_exit = True
        self._thread.join(BOUND)

    @property
    def asked(self) -> tuple[str, ...]:
        """The method and path of every request that was whole."""
        return tuple(self._asked)

    def say(self, stream: str, piece: bytes) -> None:
        """Let a stream send this piece; an empty one ends it."""
        self._loop.call_soon_threadsafe(self._pieces[stream].put_nowait, piece)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        listeners = []
        for name in self._names:
            config = uvicorn.Config(self._app(name), lifespan="off", ws="none", log_config=None)
            if self._pair:
                config.ssl_certfile, config.ssl_keyfile = str(self._pair.cert), str(self._pair.key)
            if self._client_ca:
                config.ssl_ca_certs, config.ssl_cert_reqs = str(self._client_ca), ssl.CERT_REQUIRED
            listeners.append(socket.create_server(("127.0.0.1", 0)))
            listeners[-1].setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # for whom it accepts too
            self._servers.append(uvicorn.Server(config))
            scheme = "https" if self._pair else "http"
            self.urls[name] = f"{scheme}://127.0.0.1:{listeners[-1].getsockname()[1]}"
        self._ready.set()  # the sockets listen: whoever comes too early waits
        both = zip(self._servers, listeners, strict=True)
        await asyncio.gather(*(server.serve(sockets=[listener]) for server, listener in both))

    def _app(self, name: str) -> Starlette:
        async def echo(request: Request) -> Response:
            try:
                body = await request.body()
            except ClientDisconnect:
                return Response()  # nobody hears it; half a request was none
            self._asked.append(f"{request.method} {request.url.path}")
            said = {
                "service": name,
                "method": request.method,
                "target": request.url.path + (f"?{request.url.query}" if request.url.query else ""),
                "headers": [[key, value] for key, value in request.headers.items()],
                "length": len(body),
                "sha256": hashlib.sha256(body).hexdigest(),
            }
            return JSONResponse(said)

        methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
        return Starlette(
            routes=[
                Route("/{route}/echo{rest:path}", echo, methods=methods),
                Route("/{route}/together/{count:int}", self._together),
                Route("/{route}/big/{size:int}", _big),
                Route("/{route}/status/{status:int}", _status),
                Route("/{route}/stream/{stream}", self._stream),
                Route("/{route}/stream/{stream}", self._told, methods=["POST"]),
                Route("/{route}/page", _page),
            ]
        )

    async def _together(self, request: Request) -> Response:
        """Answer when so many requests have come."""
        count = request.path_params["count"]
        barrier = self._barriers.setdefault(request.url.path, asyncio.Barrier(count))
        async with asyncio.timeout(BOUND):
            await barrier.wait()
        return JSONResponse({"count": count})

    async def _stream(self, request: Request) -> Response:
        """Send the pieces that others say, one by one."""
        key = request.path_params["stream"]

        async def pieces() -> AsyncIterator[bytes]:
            while piece := await self._pieces[key].get():
                yield piece

        return StreamingResponse(pieces(), media_type=request.query_params.get("type"))

    async def _told(self, request: Request) -> Response:
        self._pieces[request.path_params["stream"]].put_nowait(await request.body())
        return Response(status_code=204)


async def _big(request: Request) -> Response:
    return Response(pattern(request.path_params["size"]), media_type="text/plain")


async def _status(request: Request) -> Response:
    status = request.path_params["status"]
    return Response(status_code=status, headers={"etag": '"one"', "x-told": f"{status}"})


async def _page(request: Request) -> Response:
    return HTMLResponse(PAGE)
