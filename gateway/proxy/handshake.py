"""TLS handshakes that come to nothing: the event loop tells nobody of them, so each leaves its own trace."""

from __future__ import annotations

from gateway.monitoring.tally import TallyWriter
from gateway.monitoring.tally_layout import HIT_TLS_HANDSHAKE


class Handshake:
    """One handshake under way; given up without having been `done`, it is counted as failed."""

    __slots__ = ("_tally", "done")

    def __init__(self, tally: TallyWriter) -> None:
        self._tally = tally
        self.done = False

    def __del__(self) -> None:
        if not self.done:
            self._tally.hit(HIT_TLS_HANDSHAKE)
