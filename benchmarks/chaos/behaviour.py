"""How a small service behaves, and the body by which an answer of it is known to be whole."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

OWN = b"/-/"
"""Paths below this are for whoever runs the experiment: counts and another behaviour."""
HEALTH = b"/healthz"
END = b"|end"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Seconds, bytes and percent. `name` is the service's, and stands in every body.

    `errors` of the answers have `status` instead of 200. `cut_head` and `cut_body` of the answers end with
    RST within their head or body. `piece`: bytes written at once, `pause` apart (0: all at once).
    `slots`: requests worked on at once, each for `delay`; more wait (0: all at once). `echo`: a WebSocket
    service instead, that answers each message with its name and the message.
    """

    name: str
    delay: float = 0.0
    size: int = 200
    framing: str = "length"  # or "chunked", "close"
    errors: float = 0.0
    status: int = 500
    cut_head: float = 0.0
    cut_body: float = 0.0
    piece: int = 0
    pause: float = 0.0
    slots: int = 0
    echo: bool = False


def to_json(behaviour: Behaviour) -> str:
    """Write a behaviour for the command line of a service, or for its control path."""
    return json.dumps(asdict(behaviour))


def from_json(text: str | bytes) -> Behaviour:
    """Read what `to_json` wrote."""
    return Behaviour(**json.loads(text))


def body(name: bytes, token: bytes, size: int) -> bytes:
    """Return the body of a whole answer: who answered, to whom, filler, and an end."""
    begin, filler = body_parts(name, token, size)
    return begin + b"." * filler + END


def body_parts(name: bytes, token: bytes, size: int) -> tuple[bytes, int]:
    """Return how a body begins, and how many bytes of filler stand between that and its end."""
    begin = b"%b|%b|" % (name, token)
    return begin, size - len(begin) - len(END)


def is_whole(content: bytes, name: bytes, token: bytes) -> bool:
    """Tell whether this is the whole body of that service's answer to that request."""
    return content.startswith(b"%b|%b|" % (name, token)) and content.endswith(END)
