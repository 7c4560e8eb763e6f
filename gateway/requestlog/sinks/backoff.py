"""How long to leave a target alone that did not take what it was sent."""

from __future__ import annotations

from collections.abc import Callable

FIRST = 1.0
LONGEST = 60.0
LONGEST_ASKED = 600.0


class Backoff:
    """Doubles from one second to a minute, each pause drawn from its upper half by `dice` (0 to 1)."""

    def __init__(self, dice: Callable[[], float]) -> None:
        self._dice = dice
        self._pause = FIRST

    def next(self, asked: float = 0.0) -> float:
        """Return the seconds to wait now; no fewer than the target asked for, ten minutes at most."""
        pause = self._pause * (0.5 + 0.5 * self._dice())
        self._pause = min(LONGEST, self._pause * 2)
        return max(pause, min(asked, LONGEST_ASKED))

    def reset(self) -> None:
        """Begin anew, because the target took something."""
        self._pause = FIRST
