"""TLS on both sides: the listener's certificates, renewed without a restart, and whom to trust behind us.

Everything is loaded into fresh contexts, which then take the place of the old ones as a whole. Connections
keep the context they began with; a failure leaves the contexts in force as they are.
"""

from __future__ import annotations

import hashlib
import logging
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict, cast

from gateway.proxy.certificates import (
    FileSignature,
    Subject,
    TlsProblem,
    file_signatures,
    load_authorities,
    load_pair,
    subject_name,
)
from gateway.proxy.listener_context import Generation, ListenerContext, files_of, load_generation
from gateway.routing.settings import Tls, UpstreamTls

log = logging.getLogger("gateway.tls")

LOOK_EVERY = 1.0
"""Seconds between two looks at the listener's files."""
LONGEST_SUBJECT = 1024


class CertificateReport(TypedDict):
    """One certificate of the listener, for metrics and status; `not_after` in unix seconds."""

    certificate: str
    names: list[str]
    not_after: float
    problem: str


class ServerTls:
    """The TLS listener's certificates and rules. TlsProblem where the files cannot be used.

    `context` is what the listener is opened with, once; it follows every later change. `clock` gives unix
    seconds.
    """

    def __init__(self, folder: Path, tls: Tls, clock: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._clock = clock
        self._next_look = 0.0
        self._problem: TlsProblem | None = None
        self.context = ListenerContext(ssl.PROTOCOL_TLS_SERVER)
        self.use(tls)

    @property
    def problem(self) -> str:
        """Why the newest files are not in use; empty where they are."""
        return str(self._problem or "")

    def use(self, tls: Tls) -> None:
        """Follow other settings, for connections from now on.

        TlsProblem leaves the old ones in force until `refresh` finds files that can be used.
        """
        self._wanted = tls
        try:
            generation = load_generation(self._folder, tls)
        except TlsProblem as problem:
            self._problem = problem
            raise
        self._put_in_force(tls, generation)

    def refresh(self, now: float) -> bool:
        """Load the files anew if one was replaced; tell whether new ones are in force. `now` is monotonic.

        It looks at most once a second. Files that could not be used are tried again at each look.
        """
        if now < self._next_look:
            return False
        self._next_look = now + LOOK_EVERY
        seen = file_signatures(files_of(self._folder, self._wanted))
        if self._problem is None and seen == self._generation.seen:
            return False
        try:
            generation = load_generation(self._folder, self._wanted)
        except TlsProblem as problem:
            if str(problem) != self.problem:
                log.error("TLS goes on with the files as they were before: %s", problem)
            self._problem = problem
            return False
        self._put_in_force(self._wanted, generation)
        log.info("TLS uses new files")
        return True

    def describe(self) -> list[CertificateReport]:
        """Return what is in force: a report for each certificate, in the order of the settings."""
        return [
            {
                "certificate": pair.cert,
                "names": list(facts.names),
                "not_after": facts.not_after,
                "problem": self._problem_with(pair.cert, pair.key),
            }
            for pair, facts in zip(self._tls.certificates, self._generation.facts, strict=True)
        ]

    def _problem_with(self, *files: str) -> str:
        if self._problem is not None and self._problem.file in [self._folder / file for file in files]:
            return self.problem
        return ""

    def _put_in_force(self, tls: Tls, generation: Generation) -> None:
        self._tls = tls
        self._generation = generation
        self._problem = None
        self.context.newest = generation.contexts[0]
        now = self._clock()
        for pair, facts in zip(tls.certificates, generation.facts, strict=True):
            if not facts.not_before <= now <= facts.not_after:
                log.warning("%s has expired or is not valid yet: clients refuse it; renew it", pair.cert)


def peer_identity(connection: ssl.SSLObject) -> bytes:
    """Return who the client proved to be, as a value for `x-forwarded-client-cert`; empty without a proof.

    It is `Hash=<sha256>;Subject="<RFC 4514>"`; a subject of more than 1024 bytes is left out rather than cut.
    """
    certificate = connection.getpeercert()
    encoded = connection.getpeercert(True)
    if not certificate or encoded is None:
        return b""
    identity = b"Hash=" + hashlib.sha256(encoded).hexdigest().encode()
    subject = subject_name(cast(Subject, certificate["subject"]))
    return identity + b';Subject="' + subject + b'"' if len(subject) <= LONGEST_SUBJECT else identity


@dataclass(slots=True)
class _Kept:
    """A context for services, and the signatures of the files when it was last tried to load them."""

    context: ssl.SSLContext
    seen: tuple[FileSignature, ...]


_kept: dict[tuple[Path, UpstreamTls], _Kept] = {}


def upstream_context(folder: Path, tls: UpstreamTls | None) -> ssl.SSLContext:
    """Return the context for new connections to a service, loaded anew once its files have been replaced.

    Files that cannot be used are a TlsProblem at first, and later leave the context from before in use.
    """
    settings = tls or UpstreamTls()
    files = [folder / file for file in (settings.ca, settings.cert, settings.key) if file]
    seen = file_signatures(files)
    kept = _kept.get((folder, settings))
    if kept is not None and kept.seen == seen:
        return kept.context
    try:
        context = _load_upstream(folder, settings)
    except TlsProblem as problem:
        if kept is None:
            raise
        log.error("connections to services go on with the TLS files as they were before: %s", problem)
        kept.seen = seen
        return kept.context
    _kept[folder, settings] = _Kept(context, seen)
    return context


def _load_upstream(folder: Path, settings: UpstreamTls) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.set_alpn_protocols(["http/1.1"])
    if not settings.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif settings.ca:
        load_authorities(context, folder / settings.ca)
    else:
        context.load_default_certs()
    if settings.cert:
        load_pair(context, folder / settings.cert, folder / settings.key)
    return context
