"""One answer as a worker leaves it in memory: numbers of a fixed layout, then the texts and bodies.

Nothing is decoded or filtered here: a worker has no time for it, and what it leaves is in memory alone, wiped
once it is read. All numbers are little-endian; a frame is padded to a multiple of eight bytes.
"""

from __future__ import annotations

import struct
from struct import Struct
from typing import Final, NamedTuple

_OWN = "<IIQQQQ32s32s16s16sIIIIIHBBB"
"""size, flags, n, ended, request_bytes, response_bytes, id, trace, span, parent, latency, queue, service,
request_body, response_body, key, request_type, response_type, attempts. `size` is that of the whole frame
without its padding; those named like a text or body below are their lengths."""
_SHARED = "IHHHHHBBB"
"""revision, status, path, route, version, chosen, method, outcome, why; then come the texts."""
HEAD: Final = Struct(_OWN + _SHARED)

NO_ID: Final = b"0" * 32
NO_SPAN: Final = b"0" * 16
"""Ids stand in hex, as they are sent and as they are logged; these stand for one that is unknown."""
TRACED: Final = 1
"""The spans of this request are exported."""
REQUEST_CUT: Final = 2
RESPONSE_CUT: Final = 4
"""The body was longer than the log keeps, so nothing of it is here."""
NO_BODIES: Final = 8
"""The route's bodies are not logged."""
REQUEST_PART: Final = 16
RESPONSE_PART: Final = 32
"""The exchange ended before the body was whole, so nothing of it is here."""
ENCODED_REQUEST: Final = 64
ENCODED_RESPONSE: Final = 128
"""The body has a content-encoding, such as gzip."""


class Frame:
    """A frame read back. Times in microseconds; `ended` since 1970; ids are in hex.

    `shared` is what it has in common with many others, as it came; `read_shared` reads it. (A class that is
    written out is compiled to a structure; a named tuple costs the recorder three times as much.)
    """

    __slots__ = (
        "attempts", "ended", "flags", "id", "key", "latency", "n", "parent", "queue", "request_body",
        "request_bytes", "request_type", "response_body", "response_bytes", "response_type", "service",
        "shared", "span", "trace",
    )  # fmt: skip

    def __init__(
        self, flags: int, n: int, ended: int, request_bytes: int, response_bytes: int,
        identity: bytes, trace: bytes, span: bytes, parent: bytes,
        latency: int, queue: int, service: int, attempts: int, shared: bytes, key: bytes,
        request_type: bytes, response_type: bytes, request_body: bytes, response_body: bytes,
    ) -> None:  # fmt: skip
        self.flags = flags
        self.n = n
        self.ended = ended
        self.request_bytes = request_bytes
        self.response_bytes = response_bytes
        self.id = identity
        self.trace = trace
        self.span = span
        self.parent = parent
        self.latency = latency
        self.queue = queue
        self.service = service
        self.attempts = attempts
        self.shared = shared
        self.key = key
        self.request_type = request_type
        self.response_type = response_type
        self.request_body = request_body
        self.response_body = response_body


class Shared(NamedTuple):
    """What the frames of one path, version and outcome have in common; a code that nobody knows is kept."""

    revision: int
    status: int
    outcome: int
    why: int
    method: bytes
    path: bytes
    route: bytes
    version: bytes
    chosen: bytes


_own: Final = Struct(_OWN)
_shared: Final = Struct("<" + _SHARED)
_OWN_SIZE: Final = _own.size
_HEAD_SIZE: Final = HEAD.size


def read_frame(data: bytes) -> Frame:
    """Return the frame whose bytes these are; raises ValueError where they are none.

    Written out, since the recorder does this for every answer: a loop takes twice as long.
    """
    try:
        (
            size, flags, n, ended, request_bytes, response_bytes, identity, trace, span, parent,
            latency, queue, service, request_body, response_body, key, request_type, response_type, attempts,
        ) = _own.unpack_from(data)  # fmt: skip
    except struct.error as error:
        raise ValueError(f"{len(data)} bytes are no frame: {error}") from None
    end_4 = size - response_body
    end_3 = end_4 - request_body
    end_2 = end_3 - response_type
    end_1 = end_2 - request_type
    end_0 = end_1 - key
    if end_0 < _HEAD_SIZE or size > len(data):
        raise ValueError(f"a frame of {size} bytes does not add up")
    if not (identity + trace + span + parent).isalnum():
        raise ValueError("the ids of a frame are not in hex")
    return Frame(
        flags, n, ended, request_bytes, response_bytes, identity, trace, span, parent,
        latency, queue, service, attempts,
        data[_OWN_SIZE:end_0], data[end_0:end_1], data[end_1:end_2], data[end_2:end_3], data[end_3:end_4],
        data[end_4:size],
    )  # fmt: skip


def read_shared(data: bytes) -> Shared:
    """Return what frames have in common; raises ValueError where these bytes say nothing of the kind."""
    try:
        revision, status, path, route, version, chosen, method, outcome, why = _shared.unpack_from(data)
    except struct.error as error:
        raise ValueError(f"{len(data)} bytes are no part of a frame: {error}") from None
    texts, at = [], _shared.size
    for length in (method, path, route, version, chosen):
        texts.append(data[at : at + length])
        at += length
    if at != len(data):
        raise ValueError(f"texts of {len(data) - _shared.size} bytes in a frame do not add up")
    return Shared(revision, status, outcome, why, *texts)
