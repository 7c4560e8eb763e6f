"""What waits of a stream's answer until the client's windows let it go, and whether the client takes any."""

from __future__ import annotations

from typing import Final

PROGRESS: Final = 4 * 1024
"""Bytes that a client must take, or all there are, to count as one that reads."""


class Unsent:
    """Bytes in order; `stalled`: when the client last took something, 0 while nothing waits for it."""

    __slots__ = ("_progress", "_sent", "_waiting", "stalled")

    def __init__(self) -> None:
        self._waiting = b""
        self._sent = self._progress = 0
        self.stalled = 0.0

    def size(self) -> int:
        """Return how many bytes wait."""
        return len(self._waiting) - self._sent

    def add(self, data: bytes) -> None:
        """Add what follows."""
        if self._waiting:
            self._waiting = self._waiting[self._sent :] + data
        else:
            self._waiting = data
        self._sent = 0

    def take(self, count: int, now: float) -> bytes:
        """Return so many bytes of what waits, to be sent."""
        start = self._sent
        self._sent = end = start + count
        data = self._waiting[start:end]
        self._progress += count
        if end == len(self._waiting):
            self._waiting = b""
            self._sent = self._progress = 0
            self.stalled = 0.0
        elif self._progress >= PROGRESS:
            self._progress = 0
            self.stalled = now
        return data

    def blocked(self, now: float) -> None:
        """Note that no more may be sent for now."""
        self.stalled = self.stalled or now
