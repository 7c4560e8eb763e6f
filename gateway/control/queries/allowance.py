"""How often each caller may ask what tells people apart: enough for somebody at work, too little for a list.

One user's pseudonym is looked up by hand; who asks for thousands is turning the log back into names.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Final

from gateway.control.problems import Refusal

MOST_CALLERS: Final = 1_000
"""Callers that are remembered; names are given by admins, so that nobody makes as many to be forgotten."""


class Allowance:
    """`often` times within any `within` seconds for each caller; `clock` is one that never goes back."""

    def __init__(self, often: int, within: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._often = often
        self._within = within
        self._clock = clock
        self._callers: OrderedDict[str, deque[float]] = OrderedDict()

    def take(self, caller: str) -> None:
        """Count one more; raises Refusal (429) where a caller has had all, which is not counted."""
        now = self._clock()
        taken = self._callers.setdefault(caller, deque(maxlen=self._often))
        self._callers.move_to_end(caller)
        while len(self._callers) > MOST_CALLERS:
            self._callers.popitem(last=False)
        if len(taken) == self._often and now - taken[0] < self._within:
            wait = max(1, math.ceil(taken[0] + self._within - now))
            raise Refusal(
                429,
                f"this may be asked {self._often} times in {self._within:g} s, and you did; wait {wait} s",
                {"retry-after": str(wait)},
            )
        taken.append(now)
