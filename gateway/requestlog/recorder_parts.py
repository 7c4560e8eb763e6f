"""What a recorder is made of, put together; and who writes down what it says of itself."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from gateway.files import replace_file
from gateway.requestlog.access import AccessLog
from gateway.requestlog.exemplars import Exemplars
from gateway.requestlog.intake import Intake
from gateway.requestlog.log_file import LogFile
from gateway.requestlog.places import LogPlaces
from gateway.requestlog.recorder import Recorder
from gateway.requestlog.recorder_report import said, write_report
from gateway.requestlog.rules import Rules
from gateway.requestlog.scribe import NewScreen, Scribe

log = logging.getLogger("gateway.recorder")

RATE_OVER = 10
"""Seconds over which the rate is taken."""


@dataclass(frozen=True, slots=True)
class Wiring:
    """What a recorder is made of. `rings` lists them; `rules` returns those of a new plan, else None.

    `writers` returns the pids of workers; `report` and `exemplars` are files in memory.
    """

    places: LogPlaces
    rings: Callable[[], Iterable[Path]]
    rules: Callable[[], Rules | None]
    new_screen: NewScreen
    report: Path
    exemplars: Path
    writers: Callable[[], list[int]] = list


@dataclass(slots=True)
class Teller:
    """Writes the report and the exemplars."""

    wiring: Wiring
    exemplars: Exemplars
    access: AccessLog
    _past: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=RATE_OVER + 1))

    def save(self, recorder: Recorder) -> None:
        """Write what the recorder counts and how far it is."""
        now = recorder.clock.now()
        then, before = self._past[0] if self._past else (now, recorder.counts.records)
        rate = (recorder.counts.records - before) / (now - then) if now > then else 0.0
        told = said(recorder, rate, self.access.left_out)
        try:
            write_report(
                self.wiring.report, told, recorder.counts, recorder.mark(), recorder.gaps.documents()
            )
        except OSError as error:
            log.error("%s cannot be written: %s", self.wiring.report, error)

    def tell(self, recorder: Recorder) -> None:
        """Do all that is done once a second."""
        self._past.append((recorder.clock.now(), recorder.counts.records))
        self.save(recorder)
        try:
            replace_file(self.wiring.exemplars, orjson.dumps(self.exemplars.document()))
        except OSError as error:
            log.error("%s cannot be written: %s", self.wiring.exemplars, error)


def made(wiring: Wiring) -> tuple[Recorder, Teller]:
    """Return a recorder that follows the rules there are, and who tells of it."""
    exemplars, access = Exemplars(), AccessLog()
    teller = Teller(wiring, exemplars, access)
    scribe = Scribe(wiring.new_screen, exemplars, access, wiring.rules)
    scribe.look()
    return Recorder(Intake(wiring.rings), scribe, LogFile(wiring.places), teller.save), teller
