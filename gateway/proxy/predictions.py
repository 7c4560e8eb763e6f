"""What a model answered: one number of a sampled answer, for a judge who compares two versions' predictions.

Which answers are looked into is settled before anybody knows which version will answer.
"""

from __future__ import annotations

from hashlib import blake2b

import orjson

from gateway.http.headers import BLANKS
from gateway.proxy.answered import Answer

LARGEST = 64 * 1024
"""Bytes of the largest answer that is looked into."""
PER_SECOND = 20.0
"""Answers of a route that one worker looks into, so that they cost little whatever the load."""
HORIZON = 3600.0
"""Seconds for which room is kept: with an hour's worth or less left, the rate goes down with what is left."""
_TO_UNIT = 2.0**-52


class Sampler:
    """A token bucket: at most so many answers a second, fewer as the room for them runs out."""

    __slots__ = ("_filled", "_tokens")

    def __init__(self) -> None:
        self._tokens = PER_SECOND
        self._filled = 0.0

    def take(self, now: float, room: int) -> bool:
        """Return whether this request's answer is looked into; `room` is for how many there is a place."""
        rate = min(PER_SECOND, room / HORIZON)
        if now > self._filled:
            self._tokens = min(self._tokens + (now - self._filled) * rate, PER_SECOND)
            self._filled = now
        if self._tokens < 1.0 or room <= 0:
            return False
        self._tokens -= 1.0
        return True


def is_readable(answer: Answer) -> bool:
    """Tell whether an answer is a whole prediction in JSON, as far as its head says."""
    written = answer.shape.content_type
    if answer.status != 200 or written is None:
        return False
    kind = answer.fields[written].partition(b";")[0].strip(BLANKS).lower()
    return kind == b"application/json" and all(name.lower() != b"content-encoding" for name in answer.fields)


def prediction_in(body: bytes, output: str) -> float | None:
    """Return the first element of the output of that name (empty: of the first); None where there is none.

    The body is an Open Inference answer. A boolean is 0 or 1; of a string it is a hash from 0 to 1, so equal
    strings are equal numbers, and which of two is the larger says nothing.
    """
    try:
        document = orjson.loads(body)
        tensors = document["outputs"]
        found = tensors[0] if not output else next(each for each in tensors if each["name"] == output)
        value = found["data"]
        while isinstance(value, list):
            value = value[0]
        return _number(value)
    except (ValueError, LookupError, TypeError, StopIteration):
        return None


def _number(value: object) -> float | None:
    if isinstance(value, (int, float)):
        return float(value)
    if isinstance(value, str):
        digest = blake2b(value.encode(), digest_size=8).digest()
        return (int.from_bytes(digest, "big") >> 12) * _TO_UNIT
    return None
