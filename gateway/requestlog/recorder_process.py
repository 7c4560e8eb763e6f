"""The recorder as a process: its loop, and its end.

Asked to end, it reads what is in the rings and leaves: the supervisor asks only once all workers are gone.
Where the supervisor itself is gone, it stays until the workers, which drain then, have left their last
records.
"""

from __future__ import annotations

import logging
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from gateway.lifeline import at_end_of_input
from gateway.requestlog.recorder import Recorder
from gateway.requestlog.recorder_lock import recorder_lock
from gateway.requestlog.recorder_parts import Teller, Wiring, made

log = logging.getLogger("gateway.recorder")

EVERY = 0.05
"""Seconds between two batches, where not much waits."""
TEND_EVERY = 1.0
FAREWELL = 10.0
"""Seconds that reading the rings to the end may take while workers go on filling them."""
RESCUE_WAIT = 2.0
"""Seconds that the recorder of a killed gateway is waited for."""


@dataclass(slots=True)
class Orders:
    """What the process was told: to end, or that the supervisor is gone."""

    ending: bool = False
    orphaned: bool = False
    _waits_for: list[int] | None = None

    def end(self, *_: object) -> None:
        """Remember that it is to end."""
        self.ending = True

    def orphan(self) -> None:
        """Remember that the supervisor is gone."""
        self.orphaned = True

    def is_over(self, wiring: Wiring) -> bool:
        """Tell whether to leave; who is orphaned waits for the workers that there were at that moment."""
        if self.ending or not self.orphaned:
            return self.ending
        if self._waits_for is None:
            self._waits_for = wiring.writers()
        return not any(map(_lives, self._waits_for))


def run(wiring: Wiring) -> None:
    """Record until SIGTERM or SIGINT, or until supervisor and workers are gone.

    Raises OSError where the log cannot be read; it is safe to start again.
    """
    orders = Orders()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, orders.end)
    at_end_of_input(orders.orphan)
    with recorder_lock(wiring.places, lambda: orders.ending or orders.orphaned) as is_held:
        if is_held:
            _record(wiring, orders)


def _record(wiring: Wiring, orders: Orders) -> None:
    recorder, teller = made(wiring)
    recorder.start(wiring.report)
    next_tend = time.monotonic()
    while not orders.is_over(wiring):
        is_behind = recorder.turn()
        now = time.monotonic()
        if now >= next_tend:
            next_tend = now + TEND_EVERY
            _tend(recorder, teller, orders)
        if not is_behind:
            time.sleep(EVERY)
    _tend(recorder, teller, orders)
    recorder.finish(FAREWELL)
    if not orders.orphaned:
        teller.tell(recorder)
    teller.access.stop()


def _tend(recorder: Recorder, teller: Teller, orders: Orders) -> None:
    recorder.scribe.look()  # also while nothing comes, so that what is wrong with a filter is said
    recorder.tend(with_new_rings=not orders.orphaned)
    if not orders.orphaned:  # else what lies in memory may be the next gateway's
        teller.tell(recorder)


def rescue(wiring: Wiring) -> int:
    """Read what a killed gateway left in its rings into the log; return how many records that were.

    Raises OSError where the log cannot be read.
    """
    until = time.monotonic() + RESCUE_WAIT
    with recorder_lock(wiring.places, lambda: time.monotonic() > until) as is_held:
        if not is_held:
            log.warning("a recorder of an earlier gateway still runs: it writes what its workers left")
            return 0
        recorder, _ = made(wiring)
        recorder.start(wiring.report)
        before = recorder.counts.records
        recorder.finish(FAREWELL)
        recorder.intake.close()
        return recorder.counts.records - before


def _lives(pid: int) -> bool:
    """Tell whether a process is there and no zombie, which whoever inherited it may never bury."""
    try:
        state = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b") ")[2][:1]
    except OSError:
        return False
    return state not in b"ZX"
