"""A port that is named before anybody listens on it: programs that run at the same time draw others."""

from __future__ import annotations

import os
import socket
from typing import Final

FIRST: Final = 20_000
COUNT: Final = 12_768
"""Up to those from which the system chooses where it is asked for any: it gives none of these away."""
_SPREAD: Final = 7_891
"""The golden section of COUNT: processes with ids close to each other begin far from each other."""
_turns = iter(range(COUNT))


def free_port() -> int:
    """Return a port that nobody has, on any address; each is drawn once in a process."""
    for turn in _turns:
        port = FIRST + (os.getpid() * _SPREAD + turn) % COUNT
        with socket.socket() as probe:
            try:
                probe.bind(("0.0.0.0", port))
            except OSError:
                continue  # somebody has it
            return port
    raise AssertionError("no port is free")
