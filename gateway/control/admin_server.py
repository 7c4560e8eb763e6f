"""uvicorn for the admin side: on the port, with TLS if there is a certificate, and a Unix socket beside it.

Whoever may open that socket is this user, who could change the files of the gateway anyway; so it is trusted,
and carries no TLS. Health checks use it, since it answers alike whatever the port speaks.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import uvicorn

log = logging.getLogger("gateway.control")

BACKLOG = 64
THREADS = 32
"""Calls that may block at a time; those that wait for services or the log are bounded far below that."""


def strict_context(_config: uvicorn.Config, usual: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
    """Return uvicorn's context for TLS, for clients that speak TLS 1.2 or newer."""
    context = usual()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


class AdminServer(uvicorn.Server):
    """A server that answers on a Unix socket as well, while it runs."""

    def __init__(self, config: uvicorn.Config, path: Path) -> None:
        super().__init__(config)
        self._path = path
        self._number = 0
        self._own: asyncio.Server | None = None
        self._problem = ""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer on all of them, on the port last: the supervisor sees there that all is ready."""
        # A change must find a thread however many callers wait for a slow service or a slow disk.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS, "blocking"))
        if not self.should_exit:
            await self._on_unix_socket()
        await super().startup(sockets)

    async def on_tick(self, counter: int) -> bool:
        """Look after the Unix socket once a second, besides what uvicorn does every tenth of one.

        The process of a reload that fails has taken the name, and takes it away when it ends.
        """
        if counter % 10 == 0 and not self.should_exit and not self._path.exists():
            await self._on_unix_socket()
        return await super().on_tick(counter)

    async def _on_unix_socket(self) -> None:
        """Listen there; what keeps it from that is told once."""
        try:
            bound, self._number = bind_private(self._path)
        except OSError as error:
            problem = f"no Unix socket for the admin side at {self._path}: {error.strerror or error}"
            if problem != self._problem:
                log.warning("%s", problem)
            self._problem = problem
            return
        self._problem = ""
        if self._own is not None:
            self._own.close()
        self._own = await asyncio.get_running_loop().create_unix_server(self._protocol, sock=bound)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End, and take the Unix socket away unless another process has put its own there."""
        remove_own(self._path, self._number)
        if self._own is not None:
            self._own.close()
        await super().shutdown(sockets)

    def _protocol(self) -> asyncio.Protocol:
        made: asyncio.Protocol = self.config.http_protocol_class(  # type: ignore[call-arg]
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return made


def bind_private(path: Path) -> tuple[socket.socket, int]:
    """Return a socket bound there in place of whatever was, and the number of its file.

    Nobody but this user can open it, at any moment. Raises OSError.
    """
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        fresh.unlink(missing_ok=True)
        os.fchmod(made.fileno(), 0o600)  # the file gets the rights of the socket, less the umask
        made.bind(str(fresh))
        made.listen(BACKLOG)
        number = fresh.stat().st_ino
        fresh.replace(path)
    except OSError:
        made.close()
        fresh.unlink(missing_ok=True)
        raise
    return made, number


def remove_own(path: Path, number: int) -> None:
    """Remove the file of a socket, unless the next process has put its own there by now."""
    try:
        if path.stat().st_ino == number:
            path.unlink()
    except OSError as error:
        log.debug("nothing to remove at %s: %s", path, error.strerror)
