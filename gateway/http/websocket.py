"""As much of WebSocket (RFC 6455) as a tunnel needs: where one frame ends, and how to say goodbye.

A tunnel copies bytes it does not understand. Only to end politely it has to know a place between two frames,
because a Close frame in the middle of another one would be read as its payload.
"""

from __future__ import annotations

GOING_AWAY = 1001

_CLOSE = 0x8
_OPCODE = 0x0F
_MASKED = 0x80
_LENGTH = 0x7F
_LENGTH_16, _LENGTH_64 = 126, 127
_LONGEST_HEADER = 14


class FrameBoundary:
    """Follows one direction of a WebSocket, frame header by frame header, in constant memory.

    `closes` tells whether the header of a Close frame has gone by: what follows that frame is no message.
    """

    __slots__ = ("_header", "_payload", "closes")

    def __init__(self) -> None:
        self._header = b""
        self._payload = 0
        self.closes = False

    def is_between_frames(self) -> bool:
        """Tell whether the last byte fed was the last one of a frame, or none was fed yet."""
        return not self._payload and not self._header

    def feed(self, data: bytes) -> None:
        """Follow these bytes, however many frames they are."""
        size = len(data)
        if size < self._payload:  # the middle of a large frame
            self._payload -= size
            return
        at = 0
        while at < size:
            at += self._step(data, at)

    def feed_frame(self, data: bytes) -> int:
        """Follow these bytes up to the end of the frame under way; return how many belong to it."""
        at = 0
        while at < len(data) and not self.is_between_frames():
            at += self._step(data, at)
        return at

    def _step(self, data: bytes, at: int) -> int:
        """Go on by a piece of payload or of a header, beginning at `at`; return its length."""
        if self._payload:
            step = min(self._payload, len(data) - at)
            self._payload -= step
            return step
        had = len(self._header)
        header = self._header + data[at : at + _LONGEST_HEADER - had]
        length = _header_length(header)
        if len(header) < length:
            self._header = header
            return len(header) - had
        self._header = b""
        self._payload = _payload_length(header)
        if header[0] & _OPCODE == _CLOSE:
            self.closes = True
        return length - had


def _header_length(header: bytes) -> int:
    """Return how long a header is that begins so; 2 while that cannot be known."""
    if len(header) < 2:
        return 2
    length = header[1] & _LENGTH
    extended = 8 if length == _LENGTH_64 else 2 if length == _LENGTH_16 else 0
    return 2 + extended + (4 if header[1] & _MASKED else 0)


def _payload_length(header: bytes) -> int:
    length = header[1] & _LENGTH
    if length == _LENGTH_16:
        return int.from_bytes(header[2:4], "big")
    if length == _LENGTH_64:
        return int.from_bytes(header[2:10], "big")
    return length


def close_frame(code: int, masked_with: bytes | None = None) -> bytes:
    """Return a Close frame; a client's has to be masked, with four bytes that nobody can guess."""
    payload = code.to_bytes(2, "big")
    if masked_with is None:
        return bytes((0x80 | _CLOSE, len(payload))) + payload
    masked = bytes(byte ^ mask for byte, mask in zip(payload, masked_with, strict=False))
    return bytes((0x80 | _CLOSE, _MASKED | len(payload))) + masked_with + masked
