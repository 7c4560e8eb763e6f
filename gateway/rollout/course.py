"""One rollout as the controller knows it from tick to tick: its evidence, its time, what was written down."""

from __future__ import annotations

import sqlite3
from collections import deque

from gateway.errors import GatewayError
from gateway.rollout.decision import counted
from gateway.rollout.evidence import Evidence
from gateway.rollout.ports import Ports, Reader
from gateway.rollout.verdict import Outcome, Verdict
from gateway.routing.places import Places
from gateway.routing.plan import Route

LONGEST_TICK = 2.0
"""Seconds that one tick may add to the time in a step: while nobody ticks, no time passes for a rollout."""
SAVE_EVERY = 5.0
NOTE_EVERY = 60.0
CLOSE_AFTER = 60.0
"""Seconds after the end in which late answers are still being counted."""
RATE_OVER = 30
"""Ticks over which the rate of requests is taken."""


class ReadingTrouble(GatewayError):
    """Not everything that the workers counted could be read; what could be counts."""


class Course:
    """The memory of one rollout; all times are monotonic seconds."""

    def __init__(self, reader: Reader, evidence: Evidence, elapsed: float, now: float) -> None:
        self.reader = reader
        self.evidence = evidence
        self.elapsed = elapsed
        self.trouble: Exception | None = None
        self._opened_at = self._ticked = self._read_at = self._saved_at = now
        self._noted_at: float | None = None
        self._noted: tuple[Outcome, ...] = ()
        self._over_since: float | None = None
        self._totals: deque[tuple[float, int]] = deque(maxlen=RATE_OVER)

    @classmethod
    def opened(
        cls, ports: Ports, connection: sqlite3.Connection, places: Places, rollout: int, now: float
    ) -> Course:
        """Go on with a rollout from what was kept of it."""
        kept = ports.store.load_evidence(connection, rollout)
        evidence, elapsed = kept or (Evidence(rollout), 0.0)
        return cls(ports.reader(places, rollout, evidence if kept else None), evidence, elapsed, now)

    def tick(self, now: float) -> None:
        """Let time pass, no more than a tick may take."""
        self.elapsed += min(max(now - self._ticked, 0.0), LONGEST_TICK)
        self._ticked = now

    def look(self, route: Route, now: float) -> None:
        """Read what the workers counted; where that fails, `trouble` says why and what was known stays."""
        self.trouble = None
        try:
            self.evidence = self.reader.evidence(route, now)
            self._read_at = now
            if self.reader.problem:
                self.trouble = ReadingTrouble(self.reader.problem)
        except (OSError, ValueError) as error:
            self.trouble = error
        self._totals.append((now, sum(s.canary.requests + s.stable.requests for s in self.evidence.spans)))

    def silent(self, now: float) -> float:
        """Return the seconds for which nothing was heard of the workers; what cannot be read is silence.

        Only time in which somebody listened counts: after a start the workers need a moment too.
        """
        return min(max(self.reader.silent(now), now - self._read_at), now - self._opened_at)

    def step_requests(self, step: int) -> int:
        """Return the requests of canary and stable in a step."""
        return sum(counted(self.evidence, step))

    @property
    def rate(self) -> float:
        """Requests of canary and stable in a second, over the last while."""
        (began, before), (now, total) = self._totals[0], self._totals[-1]
        return max(total - before, 0) / (now - began) if now > began else 0.0

    def is_save_due(self, now: float) -> bool:
        """Tell whether evidence and time are to be kept again."""
        return now - self._saved_at >= SAVE_EVERY

    def save(self, ports: Ports, connection: sqlite3.Connection, now: float) -> None:
        """Keep evidence and time."""
        ports.store.save_evidence(connection, self.evidence.id, self.evidence, self.elapsed)
        self._saved_at = now

    def is_note_due(self, verdict: Verdict, now: float) -> bool:
        """Tell whether a verdict is to be written down: it is another one, or a minute has passed."""
        is_time = self._noted_at is None or now - self._noted_at >= NOTE_EVERY
        return is_time or _outcomes(verdict) != self._noted

    def noted(self, verdict: Verdict, now: float) -> None:
        """Remember that a verdict was written down."""
        self._noted, self._noted_at = _outcomes(verdict), now

    def is_closed(self, is_active: bool, now: float) -> bool:
        """Close the reader some time after the rollout was over; tell whether it is closed."""
        if is_active:
            self._over_since = None
            return False
        if self._over_since is None:
            self._over_since = now
        if now - self._over_since < CLOSE_AFTER:
            return False
        self.reader.close()
        return True


def _outcomes(verdict: Verdict) -> tuple[Outcome, ...]:
    return (verdict.outcome, *(metric.outcome for metric in verdict.metrics))
