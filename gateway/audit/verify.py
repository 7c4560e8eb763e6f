"""Reads the whole trail and says of every entry that is not as it was written which one it is.

Signed heads are the measure where they tell of an entry; behind the last one it is the chain alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from gateway.audit.entry import FIRST, MENDED, NoEntry, hash_of, read_entry
from gateway.audit.findings import Found, Verified
from gateway.audit.folder import HEADS, hold, trail_files
from gateway.audit.heads import Head
from gateway.audit.keys import Key
from gateway.audit.verify_heads import check_heads

Line = tuple[str, int, bytes]
"""A file, a line's number in it, and the line."""


def verify(folder: Path, key: Key, heads: Path | None = None) -> Verified:
    """Read it all; `heads` is a copy of the heads that was kept elsewhere. Raises OSError."""
    result = Verified()
    reader = _Reader(result, check_heads(heads or folder / HEADS, key, result.add))
    for path, size in _sizes(folder):
        reader.read(path, size)
    reader.end()
    return result


def _sizes(folder: Path) -> list[tuple[Path, int]]:
    """Return how far each file goes at a moment at which nobody writes."""
    try:
        with hold(folder / "lock"):
            return [(path, path.stat().st_size) for path in trail_files(folder)]
    except (PermissionError, FileNotFoundError):  # a copy that nobody may write to, or no trail
        return [(path, path.stat().st_size) for path in trail_files(folder)]


def _lines(path: Path, size: int) -> Iterator[tuple[int, bytes]]:
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if size <= 0:
                return
            yield number, line[:size]
            size -= len(line)


class _Reader:
    """Follows the chain from entry to entry; where it is broken it says so and goes on behind that.

    `_before` are the hashes that the next entry may follow, None where that is not known.
    """

    def __init__(self, result: Verified, heads: list[Head]) -> None:
        self._result = result
        self._heads = heads
        self._head_of = {n: head for head in heads for n in range(head.first, head.n + 1)}
        self._before: frozenset[str] | None = frozenset([FIRST])
        self._expected = 1
        self._is_rewritten = False
        self._unread: list[Line] = []
        self._at: Line = ("", 0, b"")

    def read(self, path: Path, size: int) -> None:
        """Read one file as far as it went."""
        for number, line in _lines(path, size):
            self._at = (path.name, number, line)
            if not line.endswith(b"\n"):
                self._settle_unread(None)
                self._tell(self._expected, "is cut short: the file ends within it")
                self._before, self._expected = None, self._expected + 1
                continue
            try:
                entry = read_entry(line[:-1])
            except NoEntry:
                self._unread.append((path.name, number, line[:-1]))
            else:
                self._settle_unread(entry)
                self._take(entry)

    def _settle_unread(self, following: dict[str, Any] | None) -> None:
        """Lines that are no entries: fine if the entry behind says that a dying process left one."""
        lines, self._unread = self._unread, []
        if not lines:
            return
        told = following["before"] if following and following["what"] == MENDED else None
        if (
            len(lines) == 1
            and isinstance(told, dict)
            and told.get("sha256") == sha256(lines[0][2]).hexdigest()
        ):
            self._result.mended += 1
            return
        file, number, _ = lines[0]
        lost = max(following["n"] - self._expected, 0) if following else len(lines)
        if not lost:
            self._result.add(
                Found(self._expected, file, number, "has a line before it that is no entry: inserted")
            )
            return
        self._result.add(Found(self._expected, file, number, "was changed: it cannot be read any more"))
        self._before, self._expected = None, self._expected + min(lost, len(lines))

    def _take(self, entry: dict[str, Any]) -> None:
        own = hash_of(entry)
        if own != entry["hash"]:  # then nothing it says can be relied on, its number neither
            self._tell(self._expected, "was changed: its hash is not that of what it says")
        elif entry["n"] < self._expected:
            self._tell(entry["n"], f"stands where {self._expected} is due: it was copied, moved or inserted")
            return
        else:
            self._skip_to(entry["n"])
            self._compare(entry)
        self._count(entry)
        self._expected += 1
        self._before = frozenset((own, entry["hash"]))

    def _skip_to(self, n: int) -> None:
        if n > self._expected:
            which = "is" if n - 1 == self._expected else f"(and up to {n - 1}) is"
            self._tell(self._expected, f"{which} missing before this line: removed, or moved")
            self._before, self._expected = None, n

    def _compare(self, entry: dict[str, Any]) -> None:
        """Compare an entry that is whole in itself with the heads and with the one before."""
        n = entry["n"]
        head = self._head_of.get(n)
        follows = self._before is None or entry["prev"] in self._before
        if head is not None and not entry["hash"].startswith(head.digest(n)):
            if self._is_rewritten and follows:
                self._result.more += 1  # what was computed anew behind it is no news
            else:
                self._tell(n, f"was rewritten: it is not what was signed at {head.at}")
            self._is_rewritten = True
            return
        if not follows and not self._is_rewritten:
            if head is not None or n - 1 in self._head_of or n == 1:
                self._tell(n, f"does not follow entry {n - 1}: it was rewritten")
            else:
                self._tell(n - 1, f"was rewritten: entry {n} followed another one")
        self._is_rewritten = False

    def _count(self, entry: dict[str, Any]) -> None:
        result = self._result
        result.entries += 1
        result.since, result.until = result.since or str(entry["at"]), str(entry["at"])
        result.unwritten += entry.get("unwritten", {"count": 0})["count"]

    def _tell(self, n: int, message: str) -> None:
        self._result.add(Found(n, self._at[0], self._at[1], message))

    def end(self) -> None:
        """Compare how far the trail goes with how far it was signed."""
        self._settle_unread(None)
        last = self._heads[-1] if self._heads else None
        self._result.signed = last.n if last else 0
        if last is not None and self._expected <= last.n:
            which = "is" if last.n == self._expected else f"(and up to {last.n}) is"
            told = f"{which} missing: the trail was cut, for entry {last.n} was signed at {last.at}"
            self._result.add(Found(self._expected, self._at[0] or last.file, 0, told))
        elif last is None and (self._result.entries or self._result.problems):
            told = "nothing is signed yet, or heads were removed; if it is new: gateway audit verify --seal"
            self._result.add(Found(0, HEADS, 0, told))
