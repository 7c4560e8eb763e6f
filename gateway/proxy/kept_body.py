"""A body that passes by in several pieces, kept for the log as far as that goes."""

from __future__ import annotations


class KeptBody:
    """How many bytes of a body there were so far, and all of them unless they are more than `limit`."""

    __slots__ = ("_limit", "_pieces", "size")

    def __init__(self, limit: int, first: bytes) -> None:
        self._limit = limit
        self._pieces = bytearray()
        self.size = 0
        self.add(first)

    def add(self, piece: bytes) -> None:
        """More of it came."""
        self.size += len(piece)
        if self.size <= self._limit:
            self._pieces += piece
        else:
            self._pieces = bytearray()

    def whole(self) -> bytes:
        """Return all of it, nothing where there was more than is kept."""
        return bytes(self._pieces)
