"""The start of a gateway as whoever typed it sees it: how long it takes, and what is waited for."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable
from pathlib import Path

from gateway.routing.places import Places
from gateway.supervision.front import Front
from gateway.supervision.generation import is_ready

log = logging.getLogger("gateway.supervisor")

READY_WAIT = 12.0
"""Seconds after which whoever started the gateway is told so, whatever does not answer yet."""
SAY_EVERY = 3.0


class Starting:
    """The time until everything answers, with a word now and then about what it waits for."""

    def __init__(self, not_ready: Callable[[], list[str]]) -> None:
        self._not_ready = not_ready
        self._began = time.monotonic()
        self._say_at = self._began + SAY_EVERY
        self.seconds = 0.0
        self.pending: list[str] = []

    def is_over(self) -> bool:
        """Tell whether everything answers, or has had its time to."""
        now = time.monotonic()
        self.seconds = now - self._began
        self.pending = self._not_ready()
        if not self.pending or self.seconds > READY_WAIT:
            return True
        if now > self._say_at:
            log.info("waiting for %s", ", ".join(self.pending))
            self._say_at = now + SAY_EVERY
        return False


def admin_not_ready(places: Places, front: Front) -> list[str]:
    """Return what of the admin side cannot answer yet, in words.

    It opens its Unix socket before the port. Where there can be none, what it waits for on the port tells.
    Not every kernel does, so a socket that is open is enough: at a start there is one control process only.
    """
    is_there = listens(places.admin_socket) or is_ready(places, front.generation.control)
    return [] if is_there else ["control process"]


def listens(path: Path) -> bool:
    """Tell whether a process listens on a Unix socket."""
    with socket.socket(socket.AF_UNIX) as wire:
        wire.setblocking(False)  # one whose queue is full is refused, not waited for
        try:
            wire.connect(str(path))
        except OSError:
            return False
        return True
