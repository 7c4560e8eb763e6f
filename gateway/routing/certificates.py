"""Certificate files as they lie on the disk: can they be used, and if not, why?

Asked while routing.yaml is read, so that a wrong file is told at its line instead of at the next handshake.
ssl is imported where it is needed: `gateway rollback` comes by here and pays for nothing it does not use.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.files import read_small

if TYPE_CHECKING:
    import ssl

    from gateway.routing.read_tls import PemChecks

MOST_BYTES = 16 * 1024 * 1024
_MISMATCHES = ("KEY_VALUES_MISMATCH", "KEY_TYPE_MISMATCH", "NO_CERTIFICATE_ASSIGNED")


def checks(folder: Path) -> PemChecks:
    """Return the checks of files whose paths are relative to `folder`; sentences name absolute paths."""
    from gateway.routing.read_tls import PemChecks

    home = folder.absolute()
    return PemChecks(functools.partial(why_no_certificates, home), functools.partial(why_no_key, home))


def why_no_certificates(folder: Path, path: str) -> str | None:
    """Return None where a file holds certificates in PEM form, else a sentence that says why not."""
    import ssl

    found = _read(folder / path)
    if isinstance(found, str):
        return found
    if b"-----BEGIN CERTIFICATE-----" not in found:
        return "it is not a certificate in PEM form (`-----BEGIN CERTIFICATE-----`)"
    try:
        _context().load_verify_locations(folder / path)
    except (ssl.SSLError, OSError) as error:
        return f"it has a certificate that is damaged ({_reason(error)})"
    return None


def why_no_key(folder: Path, key: str, cert: str) -> str | None:
    """Return None where a file is the private key of a certificate, else a sentence that says why not.

    Without a certificate (`cert` is empty) only the key itself is looked at.
    """
    import ssl

    found = _read(folder / key)
    if isinstance(found, str):
        return found
    if not re.search(rb"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----", found):
        return "it is not a private key in PEM form (`-----BEGIN PRIVATE KEY-----`)"
    if b"ENCRYPTED" in found:
        return "it is protected by a pass phrase, which nobody is there to type; store it without one"
    if not cert:
        return None
    try:
        _context().load_cert_chain(folder / cert, folder / key, password=_no_password)
    except (ssl.SSLError, OSError) as error:
        if getattr(error, "reason", None) in _MISMATCHES:
            return f"it is not the key of `{cert}`"
        return f"it cannot be used with `{cert}` ({_reason(error)})"
    return None


def _read(path: Path) -> bytes | str:
    """Return what is in a file, or why it cannot be read."""
    try:
        return read_small(path, MOST_BYTES)
    except FileNotFoundError:
        return f"there is no file {path}"
    except OSError as error:
        return f"{path} cannot be read: {error.strerror or error}"


def _context() -> ssl.SSLContext:
    import ssl

    return ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)


def _no_password() -> str:
    """Answer instead of a person at the terminal, whom OpenSSL would ask."""
    return ""


def _reason(error: OSError) -> str:
    reason = getattr(error, "reason", None) or error.strerror or "not in the right form"
    return f"OpenSSL: {reason.replace('_', ' ').lower()}"
