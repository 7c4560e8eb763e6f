"""What two versions did, second by second, as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Counted:
    """Per second: requests of either version, and the bad ones (seconds x metrics)."""

    canary: Ints
    stable: Ints
    canary_bad: Ints
    stable_bad: Ints

    @property
    def seconds(self) -> int:
        """How many seconds this covers."""
        return len(self.canary)

    @cached_property
    def requests_by(self) -> Ints:
        """Requests of both versions by the end of each second."""
        return np.cumsum(self.canary + self.stable)

    def requests_until(self, second: int | None) -> int | None:
        """Return the requests in the first so many seconds; None stays None."""
        if second is None:
            return None
        return int(self.requests_by[second - 1]) if second else 0


def joined(parts: list[Counted]) -> Counted:
    """Put stretches one after the other."""
    return Counted(
        np.concatenate([part.canary for part in parts]),
        np.concatenate([part.stable for part in parts]),
        np.concatenate([part.canary_bad for part in parts]),
        np.concatenate([part.stable_bad for part in parts]),
    )


def first(counted: Counted, seconds: int) -> Counted:
    """Return the first so many seconds."""
    return Counted(
        counted.canary[:seconds],
        counted.stable[:seconds],
        counted.canary_bad[:seconds],
        counted.stable_bad[:seconds],
    )
