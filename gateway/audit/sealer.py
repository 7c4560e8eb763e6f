"""A thread that brings the trail to the disk each second and signs it every 100 entries or 60 s."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from gateway.audit.folder import HEADS, trail_files
from gateway.audit.keys import KeySource
from gateway.audit.seal import EVERY, seal, sync_trail
from gateway.errors import GatewayError
from gateway.files import replace_file

log = logging.getLogger("gateway.audit")
LOOK_EVERY: Final = 1.0
SEAL_EVERY: Final = 60.0


class Sealer:
    """`run` is its thread's work; `stop` may be called from any other, and signs what is left.

    `key` finds out where the key is by now, `also` is called at each look, before anything is signed.
    `problem` is a file that says why nothing is signed, absent while all is well.
    """

    def __init__(
        self,
        folder: Path,
        key: Callable[[], KeySource],
        also: Callable[[], None],
        problem: Path,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder = folder
        self._key = key
        self._also = also
        self._problem_file = problem
        self._clock = clock
        self._ended = threading.Event()
        self._seen: tuple[str, int] | None = None
        self._waiting_since: float | None = None
        self._problem = ""

    def stop(self) -> None:
        """Let `run` return once it has signed what is there."""
        self._ended.set()

    def run(self) -> None:
        """Look each second until stopped; a failure is logged once, and the next look goes on."""
        while not self._ended.wait(LOOK_EVERY):
            self.look()
        self.look(is_last=True)

    def look(self, *, is_last: bool = False) -> None:
        """Do what is due now."""
        try:
            self._also()
            self._look(is_last)
            self._tell(None)
        except Exception as error:
            self._tell(error)

    def _tell(self, error: Exception | None) -> None:
        problem = "" if error is None else str(error) or repr(error)
        if problem == self._problem:
            return
        self._problem = problem
        if error is None:
            self._problem_file.unlink(missing_ok=True)
            return
        is_known = isinstance(error, (GatewayError, OSError))
        log.error("the audit trail is not signed: %s", error, exc_info=None if is_known else error)
        if self._problem_file.parent.is_dir():
            replace_file(self._problem_file, problem.encode())

    def _look(self, is_last: bool) -> None:
        now = self._clock()
        found = self._state()
        if found != self._seen and found is not None:
            sync_trail(self._folder)
            if self._waiting_since is None:
                self._waiting_since = now
        is_new, self._seen = found != self._seen, found
        if self._waiting_since is None:
            return
        is_first = not (self._folder / HEADS).exists()  # without a head nothing shows what was cut off
        is_due = is_last or is_first or now - self._waiting_since >= SEAL_EVERY
        if is_due or is_new:
            head = seal(self._folder, self._key().read(), at_least=1 if is_due else EVERY)
            if head is not None:
                log.info("audit trail: entry %d is signed, its hash is %s", head.n, head.hash)
            if head is not None or is_due:
                self._waiting_since = None

    def _state(self) -> tuple[str, int] | None:
        files = trail_files(self._folder)
        return (files[-1].name, files[-1].stat().st_size) if files else None
