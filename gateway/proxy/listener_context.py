"""The contexts of a TLS listener: one for each certificate, all loaded together and replaced together."""

from __future__ import annotations

import importlib.util
import logging
import ssl
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.proxy.certificates import (
    Facts,
    FileSignature,
    file_signatures,
    load_authorities,
    load_pair,
    read_facts,
)
from gateway.routing.settings import Tls

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

log = logging.getLogger("gateway.tls")

CIPHERS_OF_1_2 = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""Forward secret and authenticated; those of TLS 1.3 all are."""
VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
HARDENED = ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION | ssl.OP_CIPHER_SERVER_PREFERENCE


class ListenerContext(ssl.SSLContext):
    """What the listener is opened with, once: each new connection gets the `newest` context.

    Replacing only the certificate, in the SNI callback, would leave the rest as it was when the listener was
    opened: tickets from before a client CA was replaced would still let its clients in.
    """

    newest: ssl.SSLContext

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        """Part of ssl.SSLContext; event loops call it once for each connection."""
        return self.newest.wrap_bio(incoming, outgoing, server_side, server_hostname, session)


class ServingContext(ssl.SSLContext):
    """One certificate's context, and what holds for the connections that shake hands with it."""

    hsts: bytes
    """Header lines for every answer; here, so that no connection has them of other settings than the rest."""


@dataclass(frozen=True, slots=True)
class Generation:
    """What was loaded at one time: context and facts for each certificate, and the files' signatures."""

    contexts: tuple[ServingContext, ...]
    facts: tuple[Facts, ...]
    seen: tuple[FileSignature, ...]


class Names:
    """Which context answers to which name: an exact one before a wildcard, the earlier certificate first."""

    __slots__ = ("_contexts",)

    def __init__(self, generation: Generation) -> None:
        self._contexts: dict[str, ssl.SSLContext] = {}
        for context, facts in zip(generation.contexts, generation.facts, strict=True):
            for name in facts.names:
                self._contexts.setdefault(name, context)

    def choose(self, connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        """Set the context of this connection; a wildcard stands for exactly one label."""
        chosen = self.find(name) if name else None
        if chosen is not None:
            connection.context = chosen

    def find(self, name: str) -> ssl.SSLContext | None:
        """Return the context for this name, None where no certificate has it."""
        name = name.lower()
        return self._contexts.get(name) or self._contexts.get("*." + name.partition(".")[2])


def files_of(folder: Path, tls: Tls) -> list[Path]:
    """Return every file that these settings name."""
    files = [file for pair in tls.certificates for file in (pair.cert, pair.key)]
    return [folder / file for file in ([*files, tls.client_ca] if tls.client_ca else files)]


def load_generation(folder: Path, tls: Tls) -> Generation:
    """Load everything anew; TlsProblem names the file that cannot be used.

    The signatures are taken first: a file replaced while it is read differs at the next look.
    """
    seen = file_signatures(files_of(folder, tls))
    contexts, facts = [], []
    for pair in tls.certificates:
        context = _new_context(tls)
        load_pair(context, folder / pair.cert, folder / pair.key)
        facts.append(read_facts(context, folder / pair.cert))
        if tls.client_ca:
            load_authorities(context, folder / tls.client_ca)
            context.verify_mode = ssl.CERT_REQUIRED if tls.client_required else ssl.CERT_OPTIONAL
        contexts.append(context)
    generation = Generation(tuple(contexts), tuple(facts), seen)
    if len(contexts) > 1:
        contexts[0].sni_callback = Names(generation).choose
    return generation


def _new_context(tls: Tls) -> ServingContext:
    context = ServingContext(ssl.PROTOCOL_TLS_SERVER)
    context.hsts = b"strict-transport-security: max-age=%d\r\n" % tls.hsts if tls.hsts else b""
    context.minimum_version = VERSIONS[tls.minimum]
    context.set_ciphers(CIPHERS_OF_1_2)
    context.options |= HARDENED
    context.num_tickets = 1  # enough to come back once; the default sends two, 15 us each
    context.set_alpn_protocols(["h2", "http/1.1"] if tls.http2 and speaks_http2() else ["http/1.1"])
    return context


@cache
def speaks_http2() -> bool:
    """Tell whether the package for HTTP/2 is installed; say so once where it is not."""
    if importlib.util.find_spec("h2") is not None:
        return True
    log.info("h2 is not installed, so TLS offers http/1.1 alone; the gateway's extra `http2` has it")
    return False


def ignore_bad_server_names(unraisable: UnraisableHookArgs) -> None:
    """Part of sys, for `sys.unraisablehook` of a process with a TLS listener.

    A client may send a server name that is not ASCII. Its handshake fails as it should, but Python prints a
    traceback for each, so that anybody could fill the log.
    """
    if unraisable.exc_type is not UnicodeDecodeError or not isinstance(unraisable.object, bytes):
        sys.__unraisablehook__(unraisable)
