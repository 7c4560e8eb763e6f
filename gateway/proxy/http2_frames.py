"""Cuts what an HTTP/2 client sends into frames before the library reads them.

The library keeps what it has not read, as much as the frame says it will be; it counts CONTINUATION frames,
not their bytes; and it loses what came before a mistake in the same read. Given one whole frame at a time,
each within its limits, it cannot be talked into any of that.
"""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
MAX_FRAME = 16_384
"""Bytes of a frame's content: the least that every peer must take, and all we take."""
FRAME_HEAD = 9
MOST_CONTINUATIONS = 16

DATA: Final = 0
HEADERS: Final = 1
PRIORITY: Final = 2
RST_STREAM: Final = 3
SETTINGS: Final = 4
PING: Final = 6
GOAWAY: Final = 7
WINDOW_UPDATE: Final = 8
CONTINUATION: Final = 9
END_STREAM: Final = 0x1
END_HEADERS: Final = 0x4

NO_ERROR: Final = 0
PROTOCOL_ERROR: Final = 1
INTERNAL_ERROR: Final = 2
FRAME_SIZE_ERROR: Final = 6
REFUSED_STREAM: Final = 7
CANCEL: Final = 8
ENHANCE_YOUR_CALM: Final = 11


class Broken(Exception):
    """The connection cannot go on: `code` is what GOAWAY says; `flood` tells abuse from a mistake."""

    def __init__(self, code: int, detail: str, *, flood: bool = False) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.flood = flood


class Frame(NamedTuple):
    """One frame; `data` is all of it, `length` that of its content."""

    kind: int
    flags: int
    stream_id: int
    length: int
    data: bytes


def goaway(last_stream: int, code: int, detail: str = "") -> bytes:
    """Return the frame that ends a connection: streams up to `last_stream` are still answered.

    Written here because the library sends nothing any more once it has written one.
    """
    content = struct.pack(">II", last_stream, code) + detail.encode()
    return len(content).to_bytes(3, "big") + bytes((GOAWAY, 0)) + bytes(4) + content


class FrameReader:
    """Splits bytes into frames.

    `max_block` are the bytes that a block of headers may have, compressed; they cannot be many more than
    what it expands to.
    """

    __slots__ = ("_block", "_continuations", "_in_block", "_preface", "_waiting", "max_block")

    def __init__(self, max_block: int) -> None:
        self.max_block = max_block
        self._preface = True
        self._in_block = False
        self._block = self._continuations = 0
        self._waiting = b""

    @property
    def is_midway(self) -> bool:
        """Tell whether the client owes the rest of a frame, or of a block of headers."""
        return self._preface or self._in_block or bool(self._waiting)

    @property
    def is_in_head(self) -> bool:
        """Tell whether what it owes is anything but the rest of a body."""
        return self._preface or self._in_block or self._waiting[3:4] != b"\x00"

    def read(self, data: bytes) -> list[Frame]:
        """Return the frames that are whole now; raises Broken."""
        if self._waiting:
            data = self._waiting + data
        frames: list[Frame] = []
        at = self._after_preface(data) if self._preface else 0
        while not self._preface and len(data) - at >= FRAME_HEAD:
            length = int.from_bytes(data[at : at + 3], "big")
            if length > MAX_FRAME:
                raise Broken(FRAME_SIZE_ERROR, f"a frame is longer than {MAX_FRAME} bytes")
            end = at + FRAME_HEAD + length
            frame = Frame(
                data[at + 3],
                data[at + 4],
                int.from_bytes(data[at + 5 : at + 9], "big") & 0x7FFFFFFF,
                length,
                data[at:end],
            )
            self._check_block(frame, len(data) >= end)
            if len(data) < end:
                break
            frames.append(frame)
            at = end
        self._waiting = data[at:]
        return frames

    def _after_preface(self, data: bytes) -> int:
        """Return where frames begin, 0 while the preface is not whole."""
        if data[: len(PREFACE)] != PREFACE[: len(data)]:
            raise Broken(PROTOCOL_ERROR, "the connection does not begin as HTTP/2 does")
        if len(data) < len(PREFACE):
            return 0
        self._preface = False
        return len(PREFACE)

    def _check_block(self, frame: Frame, whole: bool) -> None:
        """Bound a block of headers; what interrupts one is left for the library to refuse."""
        kind = frame.kind
        if kind == HEADERS and not self._in_block:
            self._block = self._continuations = 0
        elif kind != CONTINUATION:
            return
        if self._block + frame.length > self.max_block:
            detail = f"a block of headers is longer than {self.max_block} bytes"
            raise Broken(ENHANCE_YOUR_CALM, detail, flood=True)
        if not whole:
            return
        self._in_block = not frame.flags & END_HEADERS
        self._block += frame.length
        if kind == CONTINUATION:
            self._continuations += 1
            if self._continuations > MOST_CONTINUATIONS:
                detail = f"a block of headers comes in more than {MOST_CONTINUATIONS} pieces"
                raise Broken(ENHANCE_YOUR_CALM, detail, flood=True)
