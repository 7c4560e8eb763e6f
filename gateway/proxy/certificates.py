"""Certificates and keys as files: each mistake names its file, and a replaced file is noticed.

What a certificate says of itself is asked of OpenSSL by a handshake in memory with ourselves: the standard
library shows a certificate's names and dates only to whoever verified it, and a parser of our own or another
dependency would be more to trust. It costs 2 ms, and proves on the way that clients can use the certificate.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.errors import GatewayError

NO_CHECK_TIME = 0x200000
"""X509_V_FLAG_NO_CHECK_TIME of OpenSSL, which Python does not name: an expired certificate has names too."""
MISMATCHES = ("KEY_VALUES_MISMATCH", "KEY_TYPE_MISMATCH", "NO_CERTIFICATE_ASSIGNED")
STEPS_OF_A_HANDSHAKE = 8

FileSignature = tuple[int, int, int, int, int] | None
Subject = tuple[tuple[tuple[str, str], ...], ...]
"""Parts of a name, each one or more attributes with their values, as the standard library has them."""

ATTRIBUTES = {
    "commonName": "CN",
    "countryName": "C",
    "domainComponent": "DC",
    "localityName": "L",
    "organizationName": "O",
    "organizationalUnitName": "OU",
    "stateOrProvinceName": "ST",
    "streetAddress": "STREET",
    "userId": "UID",
}
"""The short names of RFC 4514; others keep the name that OpenSSL gives them."""
SAFE = frozenset(b" '()*-./0123456789:?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~!$%&")
"""Bytes that mean nothing to RFC 4514, to a quoted string or to a list in a header."""


class TlsProblem(GatewayError):
    """A file that TLS needs cannot be used; `file` is its path, `reason` says why and what to do."""

    def __init__(self, file: Path, reason: str) -> None:
        self.file = file
        self.reason = reason
        super().__init__(f"{file}: {reason}")


@dataclass(frozen=True, slots=True)
class Facts:
    """What a certificate says of itself: DNS names in lower case, and its dates in unix seconds."""

    names: tuple[str, ...]
    not_before: float
    not_after: float


def file_signatures(paths: Iterable[Path]) -> tuple[FileSignature, ...]:
    """Return what changes when the file behind a path does, in place or by rename; None for no file."""
    return tuple([_signature(path) for path in paths])


def _signature(path: Path) -> FileSignature:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_ctime_ns, found.st_size


def load_pair(context: ssl.SSLContext, cert: Path, key: Path) -> None:
    """Give `context` a certificate chain with its private key; TlsProblem where that fails."""
    _check_readable([cert, key])
    try:
        context.load_cert_chain(cert, key, password=_no_password)
    except OSError as error:
        raise _why_not_loaded(cert, key, error) from error


def load_authorities(context: ssl.SSLContext, path: Path) -> None:
    """Let `context` trust the certificates in this file; TlsProblem where there are none."""
    _check_readable([path])
    before = context.cert_store_stats()["x509"]
    try:
        context.load_verify_locations(cafile=path)
    except OSError as error:
        raise TlsProblem(path, f"holds no certificate in PEM format ({_short(error)})") from error
    if context.cert_store_stats()["x509"] == before:
        raise TlsProblem(path, "holds no certificate, only revocation lists; name the CA's certificate")


def read_facts(context: ssl.SSLContext, cert: Path) -> Facts:
    """Return what the certificate in `context` says, which came from `cert`.

    `context` is for a server and asks for no client certificate yet. TlsProblem where no client could use it.
    """
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_flags |= ssl.VerifyFlags(ssl.VERIFY_X509_PARTIAL_CHAIN | NO_CHECK_TIME)
    load_authorities(client, cert)
    try:
        found = _certificate_seen_by(client, context)
    except ssl.SSLError as error:
        raise TlsProblem(cert, f"no client could use this certificate ({_short(error)})") from error
    return Facts(
        _dns_names(found),
        float(ssl.cert_time_to_seconds(found["notBefore"])),
        float(ssl.cert_time_to_seconds(found["notAfter"])),
    )


def subject_name(subject: Subject) -> bytes:
    """Return a subject in the order and form of RFC 4514, with every unsafe byte as `\\xx`."""
    parts = [b"+".join([_attribute(name, value) for name, value in part]) for part in reversed(subject)]
    return b",".join(parts)


def _attribute(name: str, value: str) -> bytes:
    return _escaped(ATTRIBUTES.get(name, name)) + b"=" + _escaped(value)


def _escaped(text: str) -> bytes:
    """Escapes leading and trailing spaces too, which RFC 4514 asks for."""
    data = text.encode("utf-8", "surrogateescape")
    inner = range(len(data) - len(data.lstrip(b" ")), len(data.rstrip(b" ")))
    return b"".join(
        [b"%c" % byte if byte in SAFE and at in inner else b"\\%02X" % byte for at, byte in enumerate(data)]
    )


def _certificate_seen_by(client: ssl.SSLContext, server: ssl.SSLContext) -> dict[str, Any]:
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = client.wrap_bio(to_client, to_server), server.wrap_bio(to_server, to_client, server_side=True)
    for step in range(STEPS_OF_A_HANDSHAKE):
        try:
            ends[step % 2].do_handshake()
        except ssl.SSLWantReadError:
            continue
        if step % 2 == 0:
            break
    return ends[0].getpeercert() or {}


def _dns_names(found: dict[str, Any]) -> tuple[str, ...]:
    """The names clients compare; the common name, which they no longer do, only where there are none."""
    names = [value for kind, value in found.get("subjectAltName", ()) if kind == "DNS"]
    if not names:
        names = [value for part in found["subject"] for kind, value in part if kind == "commonName"]
    return tuple(name.lower() for name in names)


def _check_readable(paths: Iterable[Path]) -> None:
    """OpenSSL does not say which of two files it could not open."""
    for path in paths:
        try:
            with open(path, "rb"):
                pass
        except OSError as error:
            raise TlsProblem(path, f"cannot be read: {error.strerror or error}") from error


def _why_not_loaded(cert: Path, key: Path, error: OSError) -> TlsProblem:
    """OpenSSL says `PEM lib` of either file: if the certificate can be read alone, it was the key."""
    reason = getattr(error, "reason", None)
    if reason in MISMATCHES:
        return TlsProblem(key, f"is not the key of the certificate in {cert}; write both files anew")
    if reason is not None:
        return TlsProblem(cert, f"OpenSSL refuses this certificate or its key in {key} ({_short(error)})")
    try:
        load_authorities(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), cert)
    except TlsProblem as problem:
        return problem
    return TlsProblem(key, "holds no private key in PEM format without a passphrase")


def _no_password() -> bytes:
    """Without this OpenSSL would ask the terminal, and wait."""
    return b""


def _short(error: OSError) -> str:
    """An OpenSSL error without the place in Python's source."""
    return str(
        getattr(error, "verify_message", "") or getattr(error, "reason", "") or error.strerror or error
    )
