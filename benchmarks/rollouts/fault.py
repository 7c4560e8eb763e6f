"""What is wrong with a version of a model, and which users it is wrong for. Pure."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from hashlib import blake2b

OWN = "/-/"
"""The path on which whoever runs the experiment changes what is wrong."""
CHARGED = "/v2/models/"
"""Paths below this are the model's; health and metadata of the server are always well."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Seconds and fractions; the default is nothing wrong.

    `spread`: answers take up to so long, evenly: models are not all as quick as a regression. `delay`: added
    to every answer. `errors` of the answers are 500. `users`: this part of the users always gets 500, told by
    x-user-id. `slow` of the answers take 20 to 60 ms more, evenly. `hangs`: no answer comes.
    """

    spread: float = 0.0
    delay: float = 0.0
    errors: float = 0.0
    users: float = 0.0
    slow: float = 0.0
    hangs: bool = False


def to_json(fault: Fault) -> str:
    """Write a fault for a command line, or for the path that changes it."""
    return json.dumps(asdict(fault))


def from_json(text: str | bytes) -> Fault:
    """Read what `to_json` wrote."""
    return Fault(**json.loads(text))


def is_unlucky(user: bytes, share: float) -> bool:
    """Tell whether this user is one of the `share` of all whom the version fails."""
    drawn = int.from_bytes(blake2b(user, digest_size=8, key=b"unlucky").digest(), "big")
    return drawn < share * 2**64
