"""A TLS listener follows plan and files: other certificates hold without a reload, once they can be used.

Where there are none yet that can be used, as after a restart with a broken file, nobody is accepted: plain
HTTP goes on, and whoever connects for TLS waits.
"""

from __future__ import annotations

import logging
import socket
from pathlib import Path

from gateway.proxy.certificates import TlsProblem
from gateway.proxy.context import Context
from gateway.proxy.tls import CertificateReport, ServerTls
from gateway.proxy.tls_listener import TlsListener
from gateway.routing.settings import Tls

log = logging.getLogger("gateway.worker")

TRY_EVERY = 1.0
"""Seconds between two tries of settings that cannot be used: their files may come after them."""


class TlsFollower:
    """One listening socket and what it is served with; `tls` is None while nothing can be used."""

    __slots__ = ("_context", "_folder", "_listener", "_problem", "_settings", "_socket", "_try_at", "tls")

    def __init__(self, context: Context, folder: Path, listener: socket.socket) -> None:
        self._context = context
        self._folder = folder
        self._socket = listener
        self._listener: TlsListener | None = None
        self._settings: Tls | None = None
        self._problem = ""
        self._try_at = 0.0
        self.tls: ServerTls | None = None

    def describe(self) -> list[CertificateReport]:
        """Return what is in force, certificate by certificate; what cannot be used has its problem."""
        if self.tls is not None:
            return self.tls.describe()
        wanted = self._context.tls
        pairs = wanted.certificates if wanted is not None else ()
        return [
            {"certificate": pair.cert, "names": [], "not_after": 0, "problem": self._problem}
            for pair in pairs
        ]

    def tick(self, now: float) -> None:
        """Use what the plan wants, and files that were replaced; `now` is CLOCK_MONOTONIC in seconds.

        A plan without TLS changes nothing here: it takes a reload to close a listener.
        """
        wanted = self._context.tls
        if wanted is not None and wanted != self._settings and now >= self._try_at:
            self._try_at = now + TRY_EVERY
            self._try(wanted)
        if self.tls is not None:
            self.tls.refresh(now)

    def close(self) -> None:
        """Accept nobody any more."""
        if self._listener is not None:
            self._listener.close()
        else:
            self._socket.close()

    def _try(self, wanted: Tls) -> None:
        try:
            if self.tls is None:
                self.tls = ServerTls(self._folder, wanted)
                self._listener = TlsListener(self._context, self._socket, self.tls)
                self._context.listens_for_tls(self._socket.getsockname()[1])
            else:
                self.tls.use(wanted)
                log.info("TLS uses other settings")
        except TlsProblem as problem:
            if str(problem) != self._problem:
                what = "TLS waits for files that can be used" if self.tls is None else "TLS goes on as before"
                log.error("%s: %s", what, problem)
            self._problem = str(problem)
            return
        self._settings = wanted
        self._problem = ""
