"""Keeps who tries the same thing over and over from filling the trail: some are told, the rest counted."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

TOLD: Final = 20
"""Entries of one kind from one place in a window."""
WINDOW: Final = 60.0
KINDS: Final = 1_000
"""Kinds that are told apart; beyond these the least recent ones are counted together."""


@dataclass(slots=True)
class _Seen:
    began: float
    told: int = 0
    left_out: int = 0


class Throttle:
    """Decides what is told; times are in monotonic seconds."""

    def __init__(self) -> None:
        self._seen: OrderedDict[tuple[str, ...], _Seen] = OrderedDict()

    def admit(self, kind: tuple[str, ...], now: float) -> bool:
        """Tell whether one more of this kind gets an entry; else it is counted."""
        seen = self._of(kind, now)
        if seen.told < TOLD:
            seen.told += 1
            return True
        seen.left_out += 1
        return False

    def leave_out(self, kind: tuple[str, ...], now: float) -> None:
        """Count one that gets no entry for another reason."""
        self._of(kind, now).left_out += 1

    def _of(self, kind: tuple[str, ...], now: float) -> _Seen:
        seen = self._seen.get(kind)
        if seen is None or (now - seen.began >= WINDOW and not seen.left_out):
            if len(self._seen) >= KINDS and kind not in self._seen:
                kind, seen = ("various",), self._seen.get(("various",))
            if seen is None or (now - seen.began >= WINDOW and not seen.left_out):
                seen = self._seen[kind] = _Seen(now)
        return seen

    def left_out(self, now: float, *, everything: bool = False) -> list[tuple[tuple[str, ...], int]]:
        """Return what was counted instead of told, of windows that are over, and forget these."""
        over = [kind for kind, seen in self._seen.items() if everything or now - seen.began >= WINDOW]
        gone = [(kind, self._seen.pop(kind).left_out) for kind in over]
        return [(kind, count) for kind, count in gone if count]
