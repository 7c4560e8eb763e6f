"""Who asks, and what: users of whom few ask often and most seldom, and real flights as their questions."""

from __future__ import annotations

import json
import random
from itertools import accumulate

from benchmarks.flights import Input, question, read_flights

PATH = "/v2/models/late/infer"
USERS = 20_000
EXPONENT = 0.9
"""Of Zipf's law: the n-th user asks n ** -EXPONENT times as often as the first."""
_BODIES = 400
_PICKS = 50_000
_WHOLE = ("month", "day_of_week", "scheduled_departure", "scheduled_arrival")
_TEXT = ("carrier", "origin", "dest")
_REAL = ("distance", "temp", "wind_speed", "precip", "visib", "humid")


def bodies(seed: int) -> list[bytes]:
    """Return so many flights as Open Inference requests."""
    flights = random.Random(seed).sample(read_flights(), _BODIES)
    inputs = [
        *(Input(name, "INT64") for name in _WHOLE),
        *(Input(name, "BYTES") for name in _TEXT),
        *(Input(name, "FP64") for name in _REAL),
    ]
    return [json.dumps(question(one, inputs, str(number))).encode() for number, one in enumerate(flights)]


def users(seed: int, number: int = USERS) -> list[str]:
    """Return who asks, request after request."""
    weights = list(accumulate(rank**-EXPONENT for rank in range(1, number + 1)))
    picked = random.Random(seed).choices(range(number), cum_weights=weights, k=_PICKS)
    return [f"user-{one}" for one in picked]


def requests(seed: int, *, keyed: bool = True, path: str = PATH) -> list[tuple[str, bytes]]:
    """Return requests as bytes, each with its user; without a key the user is empty."""
    contents = bodies(seed)
    dice = random.Random(seed)
    names = users(seed) if keyed else [""] * _PICKS
    return [(name, written(path, name, dice.choice(contents))) for name in names]


def written(path: str, user: str, content: bytes) -> bytes:
    """Write one request."""
    key = f"x-user-id: {user}\r\n" if user else ""
    head = (
        f"POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n{key}"
        f"content-length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content
