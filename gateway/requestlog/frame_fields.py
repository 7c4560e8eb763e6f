"""What a frame has room for: durations that saturate, texts that are cut off."""

from __future__ import annotations

from typing import Final

LONGEST: Final = 0xFFFF
"""Bytes of a path, a key or a name."""
LONGEST_TYPE: Final = 0xFF
"""Bytes of a content type."""
MOST_MICROSECONDS: Final = 0xFFFF_FFFF
MOST_ATTEMPTS: Final = 0xFF


def microseconds(seconds: float) -> int:
    """Return a duration as a frame has it; one that a clock gone back makes negative is 0."""
    found = int(seconds * 1e6)
    if found > MOST_MICROSECONDS:
        return MOST_MICROSECONDS
    return found if found > 0 else 0


def short(text: bytes) -> bytes:
    """Return as much of a text as a frame has room for."""
    return text if len(text) <= LONGEST else text[:LONGEST]


def short_type(text: bytes) -> bytes:
    """Return as much of a content type as a frame has room for."""
    return text if len(text) <= LONGEST_TYPE else text[:LONGEST_TYPE]
