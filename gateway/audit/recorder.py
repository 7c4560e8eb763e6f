"""Records off the path of requests: one bounded queue, and one thread that may wait for the trail.

Whoever floods the admin side, or however slow the disk is, nothing that is answered waits for an entry. What
does not fit is counted, as is what the throttle keeps out; one entry tells how many there were.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from typing import Final

from gateway.audit.event import Event, Result
from gateway.audit.throttle import WINDOW, Throttle
from gateway.audit.trail import Trail

WAITING: Final = 256
"""Events that may wait for the trail."""
END_WITHIN: Final = 1.0
Kind = tuple[str, str, str, str]
"""What, who, from where, and what came of it."""


class Recorder:
    """Takes events from any thread at once, and writes them in order. The thread begins with the first."""

    def __init__(self, trail: Trail, waiting: int = WAITING) -> None:
        self._trail = trail
        self._queue: queue.Queue[Event | None] = queue.Queue(waiting)
        self._throttle = Throttle()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def put(self, event: Event, kind: Kind | None = None) -> None:
        """Have an event recorded soon; what was done is never throttled. Never waits for the trail."""
        kind = kind or (event.what, event.who, event.origin, event.result)
        with self._lock:
            if event.result == "done" or self._throttle.admit(kind, time.monotonic()):
                try:
                    self._queue.put_nowait(event)
                except queue.Full:
                    self._throttle.leave_out(kind, time.monotonic())
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="audit", daemon=True)
                self._thread.start()

    def close(self, within: float = END_WITHIN) -> bool:
        """Write what waits and what was left out; return False where `within` seconds were too few."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is None:
            return True
        until = time.monotonic() + within
        try:
            self._queue.put(None, timeout=within)
        except queue.Full:
            pass  # told below: the thread does not get on
        thread.join(max(until - time.monotonic(), 0.0))
        if thread.is_alive():
            logging.getLogger("gateway.audit").error(
                "the audit trail was not written within %g s, so about %d entries may be missing at its end",
                *(within, self._queue.qsize()),
            )
        return not thread.is_alive()

    def _run(self) -> None:
        look = time.monotonic() + WINDOW
        while True:
            try:
                event = self._queue.get(timeout=max(look - time.monotonic(), 0.0))
            except queue.Empty:
                pass
            else:
                if event is None:
                    self._tell_left_out(everything=True)
                    return
                self._trail.record(event)
            if time.monotonic() >= look:
                self._tell_left_out()
                look = time.monotonic() + WINDOW

    def _tell_left_out(self, *, everything: bool = False) -> None:
        with self._lock:
            found = self._throttle.left_out(time.monotonic(), everything=everything)
        for kind, count in found:
            what, who, origin, result = kind if len(kind) == 4 else (kind[0], "unknown", "various", "refused")
            told = f"{count} more of these within a minute, without an entry each"
            self._trail.record(Event(what, who, origin, result=_result(result), detail=told))


def _result(text: str) -> Result:
    return "done" if text == "done" else "failed" if text == "failed" else "refused"
