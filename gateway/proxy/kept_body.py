"""A body as it passes by, kept for the log as far as that goes."""

from __future__ import annotations


class KeptBody:
    """How many bytes of a body there were so far, and all of them unless they are more than `limit`."""

    __slots__ = ("_first", "_limit", "_pieces", "size")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._first = b""  # most bodies come in one piece, which is not copied
        self._pieces: bytearray | None = None
        self.size = 0

    def add(self, piece: bytes) -> None:
        """More of it came."""
        self.size += len(piece)
        if self.size > self._limit:
            self._first = b""
            self._pieces = None
        elif self._pieces is not None:
            self._pieces += piece
        elif self._first:
            self._pieces = bytearray(self._first)
            self._pieces += piece
        else:
            self._first = piece

    def is_cut(self) -> bool:
        """Tell whether there was more than is kept."""
        return self.size > self._limit

    def whole(self) -> bytes:
        """Return all of it, nothing where there was more than is kept."""
        return self._first if self._pieces is None else bytes(self._pieces)
