"""The secrets of one request log: the key of its pseudonyms, and the key that fields are encrypted with."""

from __future__ import annotations

import os
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson

from gateway.errors import GatewayError
from gateway.requestlog.encryption import MAKE_ONE, TO_READ, EncryptionTrouble, FieldCipher, read_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateway.requestlog.places import LogPlaces
    from gateway.requestlog.policy import LogSettings

KEY_SIZE: Final = 32
PSEUDONYM: Final = "p_"
"""What every pseudonym begins with; 24 hex digits follow."""


class Secrets:
    """What pseudonyms and encryption need; the encryption key is looked at once it is needed."""

    __slots__ = ("_cipher", "_folder", "_hash", "_setting", "_trouble")

    def __init__(self, key: bytes, setting: str = "", folder: Path | None = None) -> None:
        self._hash = blake2b(key=key, digest_size=12)  # begun once: the key is half of the work
        self._setting = setting
        self._folder = folder or Path()
        self._cipher: FieldCipher | None = None
        self._trouble = ""

    @classmethod
    def load(cls, places: LogPlaces, settings: LogSettings, folder: Path) -> Secrets:
        """Return the secrets of the log at `places`; its pseudonym key is made where there is none.

        `folder` is that of routing.yaml. Raises GatewayError where the pseudonym key cannot be had.
        """
        return cls(_pseudonym_key(places.pseudonym_key), settings.encryption_key, folder)

    @property
    def trouble(self) -> str:
        """Why fields that should be encrypted are left out instead; empty: they are encrypted, or none is."""
        return self._trouble

    def can_encrypt(self) -> bool:
        """Whether `encrypt` would work; if not, `trouble` says why from then on."""
        try:
            self._ready()
        except EncryptionTrouble:
            return False
        return True

    def pseudonym(self, raw: bytes) -> str:
        """Return the keyed hash that stands for these bytes all over this log."""
        found = self._hash.copy()
        found.update(raw)
        return PSEUDONYM + found.hexdigest()

    def pseudonym_of(self, value: Any) -> str:
        """Return the pseudonym of a JSON value: 7, 7.0, "7" and a header with that text are one user."""
        if type(value) is str:
            return self.pseudonym(value.encode())
        if type(value) is float and value.is_integer():
            value = int(value)
        return self.pseudonym(orjson.dumps(value))

    def encrypt(self, text: str, field: str = "") -> str:
        """Return the text encrypted, bound to the field's name; raises EncryptionTrouble."""
        return self._ready().encrypt(text, field)

    def decrypt(self, value: str, field: str = "") -> str:
        """Return what was encrypted; raises EncryptionTrouble where key or field are not the same."""
        return self._ready(TO_READ).decrypt(value, field)

    def _ready(self, how: str = MAKE_ONE) -> FieldCipher:
        if self._cipher is None:
            try:
                if not self._setting:
                    raise EncryptionTrouble(
                        "encrypt: there is no key; set log: {encryption_key: …} to a file or ${NAME}, "
                        f"and {how}"
                    )
                self._cipher = FieldCipher(read_key(self._setting, self._folder, how))
            except EncryptionTrouble as trouble:
                self._trouble = str(trouble)
                raise
            self._trouble = ""
        return self._cipher


def _pseudonym_key(path: Path) -> bytes:
    try:
        key = path.read_bytes() if path.exists() else _made(path)
    except OSError as error:
        raise GatewayError(f"the key of the request log's pseudonyms cannot be had: {error}") from error
    if len(key) != KEY_SIZE:
        raise GatewayError(
            f"{path} has {len(key)} bytes instead of {KEY_SIZE}, so it is no pseudonym key; restore it "
            "from a backup, or remove it: a new one is made, and users get new pseudonyms"
        )
    return key


def _made(path: Path) -> bytes:
    """Make the key, whole or not at all; of several processes that try, all return the one that won."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _draft(path) as draft:
        try:
            os.link(draft, path)
        except FileExistsError:
            pass  # another process was first, and every pseudonym must be made with the same key
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return path.read_bytes()


@contextmanager
def _draft(path: Path) -> Iterator[Path]:
    draft = path.with_name(f"{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with open(handle, "wb") as file:
            file.write(os.urandom(KEY_SIZE))
            file.flush()
            os.fsync(handle)
        yield draft
    finally:
        draft.unlink()
