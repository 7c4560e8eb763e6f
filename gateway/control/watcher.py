"""Keeps routing.yaml, the journal and the slot in line, whoever changed one of them last.

A thread of the control process looks at the file every 100 ms. Once a second it also looks for what a killed
process left behind.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from gateway.control import repair
from gateway.control.saves import SETTLE, SaveDetector
from gateway.control.telling import Teller
from gateway.errors import GatewayError
from gateway.routing import journal
from gateway.routing.change import Request
from gateway.routing.complaint import complaint as complaint_of
from gateway.routing.file import signature
from gateway.routing.file_sync import follow_file
from gateway.routing.places import Places

log = logging.getLogger("gateway.control")

LOOK_EVERY = 0.1
CATCH_UP_EVERY = 1.0
RETRY_WRITING_EVERY = 5.0

SETTLED_WITHIN = 1.0
FROM_FILE = Request("file", "file")


class Watcher:
    """`run` is its thread's work; `wake` and `stop` may be called from any other."""

    def __init__(self, places: Places, config: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._places = places
        self._config = config
        self._clock = clock
        self._saves = SaveDetector()
        self._teller: Teller | None = None
        self._catch_up_at = 0.0
        self._retry_at = 0.0
        self._traces: tuple[object, ...] = ()
        self._woken = threading.Event()
        self._settling: deque[threading.Event] = deque()
        self._failure = ""
        self._stopping = False
        self._is_holding = False

    def wake(self) -> None:
        """Have a revision that was just published written to routing.yaml now."""
        self._woken.set()

    def settle(self) -> None:
        """Return once routing.yaml says what was just published, or after a second.

        Whoever saves the file after a change was acknowledged must find that change in it.
        """
        settled = threading.Event()  # of this caller alone: the turn that another woke may be too early
        self._settling.append(settled)
        self.wake()
        settled.wait(SETTLED_WITHIN)

    def stop(self) -> None:
        """Let `run` return."""
        self._stopping = True
        self._woken.set()

    def run(self) -> None:
        """Look until stopped; a failure is logged and the next look goes on."""
        with ExitStack() as held:
            while not self._stopping:
                try:
                    self._hold_journal(held)
                    pause = self.turn()
                except Exception as error:
                    pause = self._start_over(error)
                self._woken.wait(pause)

    def _start_over(self, error: Exception) -> float:
        """Forget what was seen, so that the next look, a second later, takes everything up again."""
        if repr(error) != self._failure:
            is_known = isinstance(error, (GatewayError, sqlite3.Error, OSError))
            told = f"{self._config} could not be followed and is tried again every second: {error}"
            log.error("%s", told, exc_info=None if is_known else error)
        self._failure = repr(error)
        self._saves = SaveDetector()
        self._traces = ()
        return CATCH_UP_EVERY

    def _hold_journal(self, held: ExitStack) -> None:
        """Keep the journal open: whoever closes it last folds its log into the database, a wait for the disk
        that would be part of every single change."""
        if not self._is_holding:
            held.enter_context(journal.opened(self._places.journal))
            self._is_holding = True

    def turn(self) -> float:
        """Do what is due now; return the seconds until the next look.

        While a save is under way nothing is written to the file: half of it would be taken for the whole.
        """
        now = self._clock()
        if self._teller is None:  # made here, since reading the journal may fail and is then tried again
            self._teller = Teller(self._places, self._config.name)
        if self._woken.is_set():
            self._woken.clear()
            self._catch_up_at = now
        settling = [self._settling.popleft() for _ in range(len(self._settling))]
        if settling:
            self._catch_up_at = now
        look = self._saves.look(signature(self._config), now)
        if look == "saved":
            follow_file(self._places, FROM_FILE, self._config)
            self._teller.tell(after_save=True)
        if look != "moving" and now >= self._catch_up_at:
            self._catch_up_at = now + CATCH_UP_EVERY
            self._catch_up(now, self._teller)
        self._failure = ""
        if look == "moving":
            self._settling.extendleft(settling)  # nothing has been written
            return SETTLE
        for each in settling:
            each.set()
        return LOOK_EVERY

    def _catch_up(self, now: float, teller: Teller) -> None:
        traces = repair.traces(self._places)
        if traces != self._traces:
            repaired = repair.publish_latest(self._places)
            if repaired is not None:
                log.warning("revision %d had not been published; it is now", repaired)
            repair.write_unwritten(self._places, self._config)
            teller.tell()
            self._traces = traces  # those from before, so that what happened meanwhile is looked at next time
        if now >= self._retry_at and (not self._retry_at or _is_unwritable(self._places)):
            self._retry_at = now + RETRY_WRITING_EVERY
            if repair.retry_writing(self._places, self._config):
                teller.tell()


def _is_unwritable(places: Places) -> bool:
    complaint = complaint_of(places)
    return complaint is not None and complaint["kind"] == "unwritable"
