"""Heads: signed words on how far the trail goes, so that nobody can cut or rewrite what lies before them.

A head also holds the beginning of every entry's hash since the head before: where a chain was computed anew,
it says from which entry on.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from gateway.audit.entry import FIRST, START, Place, canonical, iso_time
from gateway.audit.keys import Key

DIGEST: Final = 16
"""Characters kept of each entry's hash: 64 bits."""
_FIELDS: Final = {
    "n": int,
    "hash": str,
    "at": str,
    "file": str,
    "end": int,
    "digests": str,
    "key": str,
    "prev": str,
}


@dataclass(frozen=True, slots=True)
class Head:
    """A signed word: entry `n` has this hash and ends at byte `end` of `file`.

    `digests` are the beginnings of the hashes since the head before, whose `mac` is `prev`.
    """

    n: int
    hash: str
    at: str
    file: str
    end: int
    digests: str
    key: str
    prev: str
    mac: str = ""

    @property
    def place(self) -> Place:
        """Where the chain stands."""
        return Place(self.n, self.hash)

    @property
    def first(self) -> int:
        """The first entry that this head tells of."""
        return self.n - len(self.digests) // DIGEST + 1

    def digest(self, n: int) -> str:
        """Return how the hash of entry `n` begins."""
        start = (n - self.first) * DIGEST
        return self.digests[start : start + DIGEST]


NO_HEAD: Final = Head(0, START.hash, "", "", 0, "", "", FIRST, FIRST)
"""What stands before the first head."""


def sign(key: Key, before: Head, hashes: Sequence[str], file: str, end: int, at: float) -> Head:
    """Return the head that follows `before` and tells of entries with these hashes; `at` since 1970."""
    said = {
        "n": before.n + len(hashes),
        "hash": hashes[-1],
        "at": iso_time(at),
        "file": file,
        "end": end,
        "digests": "".join(found[:DIGEST] for found in hashes),
        "key": key.name,
        "prev": before.mac,
    }
    return Head(**said, mac=_mac(key, said))  # type: ignore[arg-type]


def is_signed(head: Head, key: Key) -> bool:
    """Tell whether a head was signed with this key and says what it said then."""
    said = {name: getattr(head, name) for name in _FIELDS}
    return hmac.compare_digest(_mac(key, said).encode(), head.mac.encode())


def head_line(head: Head) -> bytes:
    """Return a head as a line."""
    return canonical({name: getattr(head, name) for name in (*_FIELDS, "mac")}) + b"\n"


def read_head(line: bytes) -> Head:
    """Return the head that a line (without its end) is, its signature unchecked; raises ValueError."""
    try:
        found = json.loads(line)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if not isinstance(found, dict) or found.keys() != {*_FIELDS, "mac"} or canonical(found) != line:
        raise ValueError("its fields are not written as this gateway writes them")
    kinds = {**_FIELDS, "mac": str}
    if any(type(found[name]) is not kind for name, kind in kinds.items()):
        raise ValueError("one of its fields is of another kind")
    return Head(**found)


def last_head(path: Path) -> Head:
    """Return the last head of a file, `NO_HEAD` where there is none; raises ValueError, OSError."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return NO_HEAD
    whole = content[: content.rfind(b"\n") + 1]
    return read_head(whole.splitlines()[-1]) if whole else NO_HEAD


def _mac(key: Key, said: Mapping[str, Any]) -> str:
    return hmac.new(key.secret, canonical(said), "sha256").hexdigest()
