"""Keys of clients as a file: who may use a route, one client on each line.

A line is `name id sha256:digest`, then perhaps a comment; the key itself is told once, when it is made, and
stands nowhere. It holds 256 random bits, so a plain digest of it says nothing about it. A client may have
several lines, so that one key can replace another without a gap.
"""

from __future__ import annotations

import binascii
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from gateway.errors import GatewayError

HEADER = "# Keys of clients, made by `gateway key create`. One line each: name, id, digest of the key.\n"
PREFIX = "gwk_"
LONGEST_KEY = 200
MOST_BYTES = 16 * 1024 * 1024
OWN_KEY = "try.key"
"""The file in the run directory with the key by which the gateway itself tries routes."""
OWN_NAME = "~gateway"
"""What the log calls the gateway itself; no client can be called so."""

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,62}")
_ID = re.compile(r"[0-9a-f]{12}")
_OURS = PREFIX.encode()
_NO_LETTERS = re.compile(rb"[^A-Za-z0-9+/]+")
_OF_URLS = bytes.maketrans(b"-_", b"+/")
_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class ClientAuth:
    """Whose requests a route takes: those with a key in the file `keys`, relative to routing.yaml.

    A key comes in `header` (lower case) or as `Authorization: Bearer`; the service sees it only if `forward`.
    """

    keys: str
    header: str = "x-api-key"
    forward: bool = False


@dataclass(frozen=True, slots=True)
class ClientKey:
    """One key: whose it is, what people call it, and the SHA-256 of its text."""

    name: str
    id: str
    digest: bytes
    comment: str = ""


class BadKeys(GatewayError):
    """A file of keys cannot be used; the text says which line and why."""


def read_keys_file(text: str) -> tuple[ClientKey, ...]:
    """Return the keys in a file's text; raises BadKeys where a line cannot be read or stands there twice."""
    found: dict[bytes, ClientKey] = {}
    ids: set[str] = set()
    for number, line in _lines(text):
        key = _key(line, number)
        if key.digest in found or key.id in ids:
            raise BadKeys(f"line {number}: the key {key.id} stands there twice; remove one of them")
        found[key.digest] = key
        ids.add(key.id)
    return tuple(found.values())


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield what is neither empty nor a comment, by its number."""
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.strip(" \t\r")
        if stripped and not stripped.startswith("#"):
            yield number, stripped


def _key(line: str, number: int) -> ClientKey:
    entry, _, comment = line.partition("#")
    words = entry.split()
    if len(words) != 3:
        raise BadKeys(f"line {number}: expected a name, an id and a digest, got {len(words)} words")
    name, identity, digest = words
    found = _DIGEST.fullmatch(digest)
    if not NAME.fullmatch(name):
        raise BadKeys(f"line {number}: a name has up to 63 of A-Z a-z 0-9 . _ @ + -, a letter or digit first")
    if not _ID.fullmatch(identity):
        raise BadKeys(f"line {number}: the id must be 12 hexadecimal digits in lower case")
    if found is None:
        raise BadKeys(
            f"line {number}: the digest must be `sha256:` and 64 hexadecimal digits in lower case; a key "
            "itself must not stand in this file"
        )
    return ClientKey(name, identity, bytes.fromhex(found[1]), comment.strip())


def digest_of(key: bytes) -> bytes:
    """Return what the file has of a key."""
    return hashlib.sha256(key, usedforsecurity=True).digest()


def has_basic_key(value: bytes) -> bool:
    """Tell whether the value of an authorization has a key of ours as user or password of `Basic`.

    Services differ in what they forgive: padding that is missing or in the middle, the letters of URLs,
    letters of neither kind. So these are left out, and a key is looked for wherever four letters may begin.
    """
    if value[:5].lower() != b"basic":
        return False
    letters = _NO_LETTERS.sub(b"", value[5:].translate(_OF_URLS)) + b"AAA"  # zeros, to fill the last four
    ends = ((begin, begin + (len(letters) - begin) // 4 * 4) for begin in range(4))
    return any(_OURS in binascii.a2b_base64(letters[begin:end]) for begin, end in ends)


def new_key(name: str, comment: str = "") -> tuple[str, ClientKey]:
    """Make a key for a client; return it, to be told once, and what the file keeps of it."""
    if not NAME.fullmatch(name):
        raise BadKeys(
            f"{name[:80]!r} cannot be a client's name: write up to 63 of A-Z a-z 0-9 . _ @ + -, a letter or "
            "digit first, as in: gateway key create acme --file keys.txt"
        )
    import secrets  # here, since all that read a plan come by this module

    identity = secrets.token_hex(6)
    told = f"{PREFIX}{identity}_{secrets.token_urlsafe(32)}"
    return told, ClientKey(name, identity, digest_of(told.encode()), comment)


def with_key(text: str, key: ClientKey) -> str:
    """Return a file's text with one key more; all else stays as it is."""
    kept = text or HEADER
    if not kept.endswith("\n"):
        kept += "\n"
    comment = f"  # {key.comment}" if key.comment else ""
    return f"{kept}{key.name} {key.id} sha256:{key.digest.hex()}{comment}\n"


def without_keys(text: str, ids: set[str]) -> str:
    """Return a file's text without the lines of these ids; all else stays as it is."""
    drop = {number for number, line in _lines(text) if _key(line, number).id in ids}
    lines = text.split("\n")
    return "\n".join(line for number, line in enumerate(lines, 1) if number not in drop)
