"""Files with keys that routing.yaml names, as they lie on the disk: can they be used, and if not, why?

Asked while routing.yaml is read: a plan whose clients could only be answered 503 is told at its line instead.
A file that goes away later is another matter: workers keep the keys they had, and `status` warns.
"""

from __future__ import annotations

from pathlib import Path

from gateway.audit.keys import KeySource
from gateway.errors import GatewayError
from gateway.files import read_small
from gateway.routing.auth_keys import MOST_BYTES, read_keys_file
from gateway.routing.read_key_files import KeyChecks


def key_checks(folder: Path) -> KeyChecks:
    """Return the checks of files whose paths are relative to `folder`; sentences name absolute paths."""
    home = folder.absolute()
    return KeyChecks(lambda path: _why_no_clients(home, path), lambda path: _why_no_audit_key(home, path))


def _why_no_clients(folder: Path, path: str) -> str | None:
    reason = why_not_read(folder / path)
    if not reason:
        return None
    return (
        f"{folder / path}: {reason}; mend it, or make one with: gateway key create NAME --file {path}; "
        "then save routing.yaml again"
    )


def _why_no_audit_key(folder: Path, path: str) -> str | None:
    if path.startswith("${"):  # whoever reads this file need not have the gateway's environment
        return None
    try:
        KeySource(folder / path, path, folder).read()
    except GatewayError as error:
        return str(error)
    return None


def why_not_read(path: Path) -> str:
    """Return why a file cannot be used as keys of clients, empty where it can."""
    try:
        read_keys_file(read_small(path, MOST_BYTES).decode())
    except OSError as error:
        return error.strerror or str(error)
    except (GatewayError, ValueError) as error:  # bytes that are no text
        return str(error)
    return ""
