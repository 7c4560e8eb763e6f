"""How long tests wait, and for what: for a condition, within a bound that a busy machine keeps to as well."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, TypeVar

T = TypeVar("T")

BOUND: Final = 60.0
"""Seconds after which something that was waited for counts as not happening."""
SOON: Final = 5.0
"""Seconds after which something that takes milliseconds counts as not having been done at once."""


def until(
    condition: Callable[[], T | None], what: str = "", meanwhile: Callable[[], object] = lambda: None
) -> T:
    """Wait until a condition holds and return its value; fail after BOUND."""
    deadline = time.monotonic() + BOUND
    while not (value := condition()):
        assert time.monotonic() < deadline, f"waited {BOUND:g} s in vain {what}"
        meanwhile()
        time.sleep(0.005)
    return value
