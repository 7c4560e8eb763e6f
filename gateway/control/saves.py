"""Tells one save of a file from a file that is still being written. Pure: signatures and times in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gateway.routing.file import Signature

SETTLE = 0.02
"""Seconds that a changed file must stay as it is: some editors empty it first and write it then."""
SETTLE_LIMIT = 0.2
"""Seconds after which a file that keeps changing is read all the same."""

Look = Literal["same", "moving", "saved"]


@dataclass(slots=True)
class SaveDetector:
    """Remembers what was seen; the first look at anything counts as a save."""

    _known: Signature | None = None
    _moving: Signature | None = None
    _began: float = 0.0
    _moved: float = 0.0
    _is_moving: bool = False
    _is_first: bool = True

    def look(self, current: Signature | None, now: float) -> Look:
        """Return whether the file is as it was, is being changed, or was saved: then it is to be read."""
        if self._is_first:
            return self._saved(current)
        if current == self._known and not self._is_moving:
            return "same"
        if not self._is_moving:
            self._is_moving, self._began, self._moving, self._moved = True, now, current, now
        elif current != self._moving:
            self._moving, self._moved = current, now
        if now - self._moved >= SETTLE or now - self._began >= SETTLE_LIMIT:
            return self._saved(current)
        return "moving"

    def _saved(self, current: Signature | None) -> Look:
        self._known, self._is_moving, self._is_first = current, False, False
        return "saved"
