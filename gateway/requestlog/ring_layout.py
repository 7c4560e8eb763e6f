"""Where each number stands in a ring: the memory between one worker and the recorder.

A page of 64-bit words, then the data. `head` and `tail` count bytes since the ring was made, so that
`head - tail` are those not read yet and a place in the data is the count modulo its size. A frame begins with
its own size (32 bits), stands on a multiple of eight and never wraps: where it would, `SKIP` stands for the
rest of the data. The writer stores the head only after the frame, so half a frame is never seen.

The low three bits of the head word are those of `n`. Both so change in one store, and a writer that is killed
between the two leaves enough to know the other.
"""

from __future__ import annotations

from typing import Final

from gateway.errors import GatewayError

MAGIC: Final = 0x6761_7465_7269_6E67
VERSION: Final = 2
HEADER: Final = 4096
"""Bytes before the data."""
SKIP: Final = 0xFFFF_FFFF
SMALLEST_FRAME: Final = 8
LEAST: Final = 64 * 1024
"""Bytes of data that a ring has at least."""

# Words that the writer stores, each once the file is made or again and again.
AT_MAGIC: Final = 0
AT_VERSION: Final = 1
AT_SIZE: Final = 2
AT_BIRTH: Final = 3  # when the ring was made, nanoseconds since 1970
AT_HEAD: Final = 4
AT_N: Final = 5  # records numbered, dropped ones included
AT_DROPPED: Final = 8  # one word for each of `REASONS`
# The only word that the reader stores, on a cache line of its own.
AT_TAIL: Final = 64

FULL: Final = 0
TOO_LARGE: Final = 1
REASONS: Final = ("full", "too_large")
"""Why a frame was dropped: there was no room (the recorder is behind, or no memory), or there never is."""


class RingError(GatewayError):
    """A ring whose numbers make no sense."""


def padded(size: int) -> int:
    """Return how many bytes a frame of this size takes."""
    return (size + 7) & -8


def largest(size: int) -> int:
    """Return the size of the largest frame: half of the data, for which an empty ring always has room."""
    return size // 2
