"""The recorder: takes what workers left in memory, and has it in the log a moment later, exactly once.

A batch is written, and its mark with it, before its memory is released. Who dies in between has written all
of a batch or nothing that counts. Where the disk is full the log stops, not the traffic: workers' memory is
bounded, so after a moment records are dropped, counted, and told of in the first batch that can be written.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path

from gateway.requestlog.batch import Taken, batch_of, ended
from gateway.requestlog.counts import Counts, Gaps
from gateway.requestlog.intake import Intake, Loss
from gateway.requestlog.log_file import LogFile
from gateway.requestlog.marks import Mark, mark_line
from gateway.requestlog.recorder_report import read_resume
from gateway.requestlog.scribe import Scribe
from gateway.requestlog.trouble import DISK_FULL, Trouble, begun, reason_of

log = logging.getLogger("gateway.recorder")

MUCH = 256 * 1024
"""Bytes that wait in the rings from which on the next batch is taken at once."""
LOST_WITH_MEMORY = "memory_lost"
"""The reason of a gap whose size nobody knows: the machine went down before the rings were read."""


@dataclass(frozen=True, slots=True)
class Clock:
    """What time it is: `now` in seconds of CLOCK_MONOTONIC, `wall` in nanoseconds since 1970."""

    now: Callable[[], float] = time.monotonic
    wall: Callable[[], int] = time.time_ns


class Recorder:
    """Moves records from the rings to the log; `turn` again and again, `tend` once a second."""

    def __init__(
        self,
        intake: Intake,
        scribe: Scribe,
        file: LogFile,
        save: Callable[[Recorder], None],
        clock: Clock = Clock(),
    ) -> None:
        """`save` writes the report; it is called before memory is released whose records are given up."""
        self.intake = intake
        self.scribe = scribe
        self.file = file
        self.clock = clock
        self.counts = Counts(clock.wall())
        self.gaps = Gaps()
        self.trouble: Trouble | None = None
        self.lag = 0.0
        self._save = save
        self._looked = clock.wall() // 1000

    def start(self, report: Path) -> None:
        """Go on where the recorder before this one left off. Raises OSError where the log cannot be read."""
        self.intake.look()
        resume = read_resume(report)
        recovered = self.file.recover(self.intake.births())
        if resume is not None:
            self.counts = resume.counts
            self.gaps.restore(resume.gaps)
            written = recovered.mark.counts
            if written.get("life") == self.counts.life and written.get("turns", 0) > self.counts.turns:
                self.counts = Counts(**written)
                self.gaps.clear()
            self.intake.go_on(resume.mark.rings)
        self.intake.go_on(recovered.mark.rings)
        now = self.clock.wall() // 1000
        for worker in recovered.lost:
            self.gaps.add(Loss(worker, LOST_WITH_MEMORY, 0), int(recovered.lost_from * 1e6), now)
        if recovered.cut:
            log.info("%d bytes of an unfinished batch were cut off; they are written again", recovered.cut)
        self._save(self)

    def turn(self) -> bool:
        """Move what there is; tell whether much more waits already."""
        taken = self.intake.take()
        if not taken and not self.gaps:
            self.lag = 0.0
            return False
        now = self.clock.now()
        if self.trouble is not None and now < self.trouble.next_try:
            self._pass_over(taken, self.trouble, now)
        else:
            self._write(taken, now)
        return self.intake.unread() > MUCH

    def _write(self, taken: Taken, now: float) -> None:
        batch, counts = batch_of(taken, self.scribe, self.counts, self.gaps)
        try:
            self.file.append(batch + mark_line(self.intake.mark(counts.document())), self._first_line)
        except OSError as error:
            self.scribe.said(written=False)
            self._pass_over(taken, self._fail(reason_of(error), str(error), now), now)
            return
        self._has_written(taken, counts)

    def _has_written(self, taken: Taken, counts: Counts) -> None:
        if self.trouble is not None:
            log.warning("the log is written again")
        self.trouble = None
        self.counts = counts
        self.gaps.clear()
        self.scribe.said(written=True)
        self._see_lag(taken)
        self.intake.release(taken)

    def _fail(self, reason: str, cause: str, now: float) -> Trouble:
        if self.trouble is None:
            self.trouble = begun(reason, cause, now, self.clock.wall() / 1e9)
            log.error("%s", self.trouble.sentence(now))
        else:
            self.trouble = self.trouble.still(reason, cause, now)
        return self.trouble

    def _pass_over(self, taken: Taken, trouble: Trouble, now: float) -> None:
        """Leave records where they are, or give them up where that has lasted too long."""
        if not trouble.is_lasting(now):
            self.intake.put_back()
            return
        for worker, frames in taken:
            loss = Loss(worker, trouble.reason, len(frames))
            self.counts.drop(loss.reason, loss.records)
            self.gaps.add(loss, ended(frames[0]), ended(frames[-1]))
        if taken:
            self.counts.turns += 1
            self.intake.give_up()
            self._save(self)  # before the memory is wiped: whoever is killed in between counts them once
            self.intake.release(taken)

    def _see_lag(self, taken: Taken) -> None:
        oldest = min((ended(frames[0]) for _, frames in taken), default=0)
        self.lag = max((self.clock.wall() // 1000 - oldest) / 1e6, 0.0) if oldest else 0.0

    def mark(self) -> Mark:
        """Return how far all records are safe or given up, and the counts until then."""
        return self.intake.mark(self.counts.document(), released=True)

    def _first_line(self) -> bytes:
        return mark_line(self.mark())

    def tend(self, *, with_new_rings: bool = True) -> None:
        """Do what falls due with time: new rings, drops in them, room on the disk, another segment."""
        if with_new_rings:
            self.intake.look()
        self._count_losses()
        now = self.clock.now()
        try:
            short = self.file.shortage()
            if self.trouble is None and not short:
                self.file.tend(self._first_line)
        except OSError as error:
            self._fail(reason_of(error), str(error), now)
        else:
            self._heed(short, now)
        self.scribe.try_again()

    def _heed(self, shortage: str, now: float) -> None:
        """Write nothing while there is no room, and try at once when there is again."""
        if shortage:
            self.trouble = replace(self._fail(DISK_FULL, shortage, now), next_try=inf)
        elif self.trouble is not None and self.trouble.next_try == inf:
            self.trouble = replace(self.trouble, next_try=now)

    def _count_losses(self) -> None:
        now = self.clock.wall() // 1000
        for loss in self.intake.losses():
            self.counts.drop(loss.reason, loss.records)
            self.gaps.add(loss, self._looked, now)
        self._looked = now

    def finish(self, patience: float) -> None:
        """Read all rings to the end, within so many seconds, say so in the log, and have it on the disk."""
        until = self.clock.now() + patience
        self._count_losses()
        while (self.intake.unread() or self.gaps) and self.trouble is None and self.clock.now() < until:
            self.turn()
        if left := self.intake.unread():
            why = self.trouble.cause if self.trouble else f"no end was reached in {patience:g} s"
            log.error("%d bytes of records are left in memory: %s", left, why)
        elif self.file.path is not None and self.trouble is None:
            self._say_clean()
        self.file.close()

    def _say_clean(self) -> None:
        try:
            self.file.append(mark_line(Mark({}, self.counts.document())), self._first_line)
        except OSError as error:
            log.error("the log's last line could not be written: %s", error)
