"""The key that signs heads: from the environment or a file where routing.yaml names one, else one made here.

A key beside the trail shows what others did to the files. Against whoever may read the state directory it has
to lie elsewhere; docs/audit.md says how.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Final

from gateway.errors import GatewayError
from gateway.files import read_small

SHORTEST: Final = 16
"""Bytes that a key must have."""
MOST_BYTES: Final = 64 * 1024
"""No key is as long."""
_NAMED: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(frozen=True, slots=True)
class KeySource:
    """Where the key is: `said` as in routing.yaml, a `${NAME}` or a file named from `config_folder`.

    Empty: the file `own`, which is made on first use.
    """

    own: Path
    said: str = ""
    config_folder: Path = Path()

    def read(self, environ: Mapping[str, str] = os.environ) -> Key:
        """Return the key; raises GatewayError where it cannot be had."""
        named = _NAMED.fullmatch(self.said)
        if named:
            return _checked(environ.get(named[1], "").strip().encode(), f"${{{named[1]}}} in the environment")
        path = self.config_folder / self.said if self.said else self.own
        try:
            if not self.said:
                _make(path)
            return _checked(read_small(path, MOST_BYTES).strip(), str(path))
        except OSError as error:
            raise GatewayError(
                f"the key of the audit trail, {path}, cannot be read ({error.strerror}), so no head is "
                "signed; mend that, or name another in `admin: {audit_key: …}`"
            ) from error


@dataclass(frozen=True, slots=True)
class Key:
    """A key; `name` tells it from others without telling anything of it."""

    secret: bytes = field(repr=False)

    @property
    def name(self) -> str:
        """Eight characters that stand for this key in heads."""
        return sha256(b"gateway audit key\0" + self.secret).hexdigest()[:8]


def _checked(secret: bytes, where: str) -> Key:
    if len(secret) < SHORTEST:
        raise GatewayError(
            f"{where} has no key of the audit trail: it needs at least {SHORTEST} characters and has "
            f"{len(secret)}; make one with: openssl rand -hex 32"
        )
    return Key(secret)


def _make(path: Path) -> None:
    """Make a key where there is none yet; of two that do at once the first one's stands."""
    if path.exists():
        return
    path.parent.mkdir(mode=0o700, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(secrets.token_hex(32).encode() + b"\n")
            file.flush()
            os.fsync(fd)
        os.link(temporary, path)
    except FileExistsError:
        pass  # another process was first, and its key is as good
    finally:
        temporary.unlink()
