"""A TLS listener follows the plan: other certificates hold without a reload, once they can be used."""

from __future__ import annotations

import logging

from gateway.proxy.certificates import TlsProblem
from gateway.proxy.tls import CertificateReport, ServerTls
from gateway.routing.settings import Tls

log = logging.getLogger("gateway.worker")

TRY_EVERY = 1.0
"""Seconds between two tries of settings that cannot be used: their files may come after them."""


class TlsFollower:
    """One listener; `settings` are those that its TLS was made from."""

    __slots__ = ("_problem", "_settings", "_tls", "_try_at")

    def __init__(self, tls: ServerTls, settings: Tls) -> None:
        self._tls = tls
        self._settings = settings
        self._problem = ""
        self._try_at = 0.0

    def describe(self) -> list[CertificateReport]:
        """Return what is in force, certificate by certificate."""
        return self._tls.describe()

    def tick(self, wanted: Tls | None, now: float) -> None:
        """Use what the plan wants, and files that were replaced; `now` is CLOCK_MONOTONIC in seconds.

        A plan without TLS changes nothing here: it takes a reload to close a listener.
        """
        if wanted is not None and wanted != self._settings and now >= self._try_at:
            self._try_at = now + TRY_EVERY
            self._try(wanted)
        self._tls.refresh(now)

    def _try(self, wanted: Tls) -> None:
        try:
            self._tls.use(wanted)
        except TlsProblem as problem:
            if str(problem) != self._problem:
                log.error("TLS goes on with the settings from before: %s", problem)
            self._problem = str(problem)
            return
        self._settings = wanted
        self._problem = ""
        log.info("TLS uses other settings")
