"""AES-256-GCM for single fields of the request log, so that a copy of its files alone reveals nothing.

`cryptography` (the extra `encrypt`) is imported here alone, by processes that meet a field to encrypt.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
from hashlib import blake2b
from pathlib import Path
from typing import Final

from gateway.errors import GatewayError
from gateway.extras import install
from gateway.files import read_small

KEY_SIZE: Final = 32
MOST_BYTES: Final = 64 * 1024
_NONCE_PREFIX: Final = 8
_COUNTS: Final = 1 << 32
_MARK: Final = "enc1"
MAKE_ONE: Final = "make one with: openssl rand -base64 32"
TO_READ: Final = "give the key that the log was written with: no other can read it"


class EncryptionTrouble(GatewayError):
    """Nothing can be encrypted or read, and why."""


def read_key(setting: str, folder: Path, how: str = MAKE_ONE) -> bytes:
    """Return the 32 bytes that `encryption_key` stands for: `${NAME}`, or a file relative to `folder`.

    Raises EncryptionTrouble where there is none, or where it is no such key; `how` says what to do then.
    """
    if named := re.fullmatch(r"\$\{(\w+)\}", setting):
        where = f"the environment variable {named[1]}"
        text = os.environ.get(named[1], "")
        if not text:
            raise EncryptionTrouble(f"encryption_key: {where} is not set; {how}")
    else:
        path = folder / setting
        where = f"the file {path}"
        try:
            text = read_small(path, MOST_BYTES).decode("ascii")
        except (OSError, ValueError) as error:
            raise EncryptionTrouble(f"encryption_key: {where} cannot be read: {error}; {how}") from None
    return _key_of(text.strip(), where, how)


class FieldCipher:
    """Encrypts texts under one key; one for each process, not to be shared over a fork."""

    __slots__ = ("_cipher", "_count", "_prefix", "key_id")

    def __init__(self, key: bytes) -> None:
        try:
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM
        except ImportError:
            raise EncryptionTrouble(f"encrypt: cryptography is not installed: {install('encrypt')}") from None
        self._cipher = AESGCM(key)
        self.key_id = blake2b(key, digest_size=4, person=b"log key id").hexdigest()
        self._count = 0
        self._prefix = b""

    def encrypt(self, text: str, field: str = "") -> str:
        """Return `enc1:<key id>:<base64 of nonce and ciphertext>`, readable under the same `field` only."""
        # Random nonces of 96 bits are safe for 2^32 texts only, which a busy gateway writes in days: so a
        # random start of 64 bits, drawn anew after each 2^32 texts, and a count.
        if self._count % _COUNTS == 0:
            self._prefix = os.urandom(_NONCE_PREFIX)
        nonce = self._prefix + (self._count % _COUNTS).to_bytes(4, "big")
        self._count += 1
        sealed = nonce + self._cipher.encrypt(nonce, text.encode(), field.encode())
        return f"{_MARK}:{self.key_id}:{base64.b64encode(sealed).decode()}"

    def decrypt(self, value: str, field: str = "") -> str:
        """Return the text; raises EncryptionTrouble where it is none, of another key or field, or changed."""
        from cryptography.exceptions import InvalidTag

        mark, _, rest = value.partition(":")
        key_id, _, encoded = rest.partition(":")
        if mark != _MARK:
            raise EncryptionTrouble(f"this is not encrypted: it does not begin with {_MARK}:")
        if key_id != self.key_id:
            raise EncryptionTrouble(
                f"this was encrypted with the key {key_id}, and the one at hand is {self.key_id}; "
                "point encryption_key at the other one"
            )
        try:
            sealed = base64.b64decode(encoded, validate=True)
            return self._cipher.decrypt(sealed[:12], sealed[12:], field.encode()).decode()
        except (binascii.Error, ValueError, InvalidTag):
            raise EncryptionTrouble(
                f"this cannot be decrypted as the field '{field}': it was changed, or is of another field"
            ) from None


def _key_of(text: str, where: str, how: str) -> bytes:
    for decode in (bytes.fromhex, _from_base64):
        try:
            key = decode(text)
        except ValueError:
            continue
        if len(key) == KEY_SIZE:
            return key
    raise EncryptionTrouble(
        f"encryption_key: {where} holds {len(text)} characters that are not {KEY_SIZE} bytes "
        f"as base64 or hex; {how}"
    )


def _from_base64(text: str) -> bytes:
    plain = text.replace("-", "+").replace("_", "/")  # the alphabet for URLs is as good
    return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
