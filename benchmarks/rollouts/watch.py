"""The published revision as workers see it, watched from outside: when did each one come?"""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Self

from gateway.routing.places import Places
from gateway.routing.slot import PlanSlot

_EVERY = 0.0002


class SlotWatch:
    """Looks at the slot's word five thousand times a second until the block ends.

    `seen` holds for each revision when it was there first: seconds of CLOCK_MONOTONIC and since 1970.
    """

    def __init__(self, places: Places) -> None:
        self.seen: dict[int, tuple[float, float]] = {}
        self._slot = PlanSlot(places)
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._is_over.set()
        self._thread.join()
        self._slot.__exit__()

    def _watch(self) -> None:
        while not self._is_over.is_set():
            revision = self._slot.word[0]
            if revision not in self.seen:
                self.seen[revision] = time.monotonic(), time.time()
            time.sleep(_EVERY)
