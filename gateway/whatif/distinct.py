"""How many different users there are, in memory that does not grow with them.

Adaptive sampling (Wegman; Flajolet 1990): of all hashes those are kept whose last few bits are zero; when
they become too many, one bit more must be, and about half of them go. Up to `MOST` the count is exact, beyond
it is off by about 1/sqrt(`MOST`), less than 1 %.
"""

from __future__ import annotations

from hashlib import blake2b

MOST = 1 << 15


class Distinct:
    """Counts different keys."""

    __slots__ = ("_hashes", "_mask", "_most")

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._hashes: set[int] = set()
        self._mask = 0

    def add(self, key: str) -> None:
        """Count a key, unless it was counted before."""
        found = int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "big")
        if found & self._mask:
            return
        self._hashes.add(found)
        while len(self._hashes) > self._most:
            self._mask = self._mask << 1 | 1
            self._hashes = {one for one in self._hashes if not one & self._mask}

    def __len__(self) -> int:
        return len(self._hashes) * (self._mask + 1)

    @property
    def is_exact(self) -> bool:
        """Tell whether nothing had to be left out."""
        return not self._mask
