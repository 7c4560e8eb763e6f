"""Reads what the workers counted for one rollout, so that being killed changes nothing of it.

The counts are the workers'. What this side adds, where the spans begin, lies beside the ledgers and is
written before it is used: whoever comes next divides the same counts in the same way. Three things depend on
when one looked, and cannot be helped: at which request without a key a span ends that was ended by the clock,
what was counted in the second in which a ledger was lost, and the order of an entry that its worker was kept
from writing for longer than `SETTLED`.
"""

from __future__ import annotations

import json
import sqlite3

from gateway.files import replace_file
from gateway.monitoring.tally_read import read_state
from gateway.rollout.documents import from_document, to_document
from gateway.rollout.evidence import Evidence
from gateway.rollout.gather import Gathering, interval_of
from gateway.rollout.ledger_files import LedgerFiles
from gateway.rollout.starts import Interval, Starts, new_era, opened
from gateway.routing import journal
from gateway.routing.places import Places
from gateway.routing.plan import Route

SETTLED = 250
"""Milliseconds after which all workers have written what they saw, so that its order is known."""


class EvidenceReader:
    """Counts one rollout; `before` is what was kept of it, None at its beginning."""

    def __init__(self, places: Places, rollout: int, before: Evidence | None) -> None:
        self._places = places
        self._rollout = rollout
        self._evidence = before or Evidence(rollout)
        self._path = places.run / f"spans-{rollout}.json"
        self._files = LedgerFiles(places, rollout)
        self._gathering: Gathering | None = None
        self._starts = Starts(self._evidence)
        self._metrics = 1
        self._is_keyed = False
        self._troubles: list[str] = []
        self._foreign: set[int] = set()

    @property
    def is_full(self) -> bool:
        """Whether some worker had no room left at the last look for what it saw."""
        return self._files.is_full

    @property
    def problem(self) -> str:
        """What went wrong at the last look, empty where nothing did."""
        return "; ".join([*self._files.troubles, *self._troubles])

    def evidence(self, route: Route, now: float) -> Evidence:
        """Return everything counted so far; `now` in monotonic seconds. What goes wrong is in `problem`."""
        self._troubles = []
        self._files.look()
        if route.progress is not None and route.progress.id == self._rollout:
            self._metrics = 1 + len(route.progress.thresholds)
            self._is_keyed = route.sticky is not None
        if self._gathering is None:
            self._begin(now)
        elif self._files.is_lost:
            self._begin_anew(now)
        found = self._gathered(route, now)
        if _is_less(found, self._evidence):
            self._begin_anew(now)
            found = self._gathered(route, now)
        self._evidence = found
        return found

    def silent(self, now: float) -> float:
        """Return the seconds for which no worker has said anything; `now` in monotonic seconds."""
        latest = 0.0
        for path in self._places.tallies():
            try:
                latest = max(latest, read_state(path, now).beat)
            except (OSError, ValueError):
                continue  # a worker that nobody can hear is silent
        return max(now - latest, 0.0)

    def close(self) -> None:
        """Remove what the workers wrote for this rollout."""
        self._files.remove()
        self._path.unlink(missing_ok=True)
        self._gathering = None

    def _begin(self, now: float) -> None:
        """Go on where another reader was killed; not while what it had read cannot be read."""
        if not self._files.is_complete:
            return
        try:
            self._starts = from_document(Starts, json.loads(self._path.read_bytes()))
            self._gathering = Gathering(self._starts)
        except FileNotFoundError:  # nothing here has been counted yet
            self._adopt(new_era(self._evidence))
        except (OSError, ValueError) as error:
            self._troubles.append(f"{self._path} cannot be read ({error}); counting begins anew from here on")
            self._begin_anew(now)

    def _begin_anew(self, now: float) -> None:
        """Begin another era: what was counted stays, and the keys seen so far are forgotten."""
        self._gathering = None
        self._adopt(new_era(self._evidence, int(now * 1000), self._files.totals()))
        self._read_again()

    def _adopt(self, starts: Starts) -> None:
        """Write down where spans begin, and only then go by it."""
        try:
            replace_file(self._path, json.dumps(to_document(starts), allow_nan=False).encode())
        except OSError as error:
            self._troubles.append(
                f"{self._path} cannot be written ({error}); nothing new is counted until then"
            )
            return
        self._starts = starts
        if self._gathering is None:
            self._gathering = Gathering(starts)
        elif not self._gathering.goes_on(starts):
            self._gathering = Gathering(starts)
            self._read_again()

    def _read_again(self) -> None:
        self._files.rewind()
        self._files.look()

    def _gathered(self, route: Route, now: float) -> Evidence:
        if self._gathering is None:
            return self._evidence
        until = int(now * 1000) - SETTLED
        self._divide(route, int(now * 1000), self._files.intervals(self._starts.begin, until))
        entries = self._files.take(until)
        unknown = [found for found in entries if not self._gathering.feed(found[3], found[0])]
        self._files.put_back([found for found in unknown if found[3].since not in self._foreign])
        return self._gathering.evidence(self._files.totals(), self._metrics, self._is_keyed)

    def _divide(self, route: Route, now: int, with_entries: set[int]) -> None:
        """Begin the spans that are due, those of intervals that were over before anybody looked included."""
        totals = self._files.totals()
        own = interval_of(route, self._rollout)
        intervals = [own] if own is not None else []
        known = {start.since for start in self._starts.starts} | {found.since for found in intervals}
        for since in (with_entries | self._starts.unknown(totals)) - known:
            intervals += self._looked_up(route.name, since)
        starts = self._starts
        for interval in sorted(intervals, key=lambda found: found.since):
            starts = opened(starts, interval, now, totals)
        if starts is not self._starts:
            self._adopt(starts)

    def _looked_up(self, route: str, since: int) -> list[Interval]:
        """Return the interval that a revision began, from the journal; nothing where that does not say."""
        interval = None
        try:
            if since not in self._foreign:
                with journal.opened(self._places.journal) as connection:
                    revision = journal.find(connection, since)
                found = revision.plan.route(route) if revision else None
                interval = interval_of(found, self._rollout) if found else None
        except (sqlite3.Error, OSError, ValueError) as error:
            self._troubles.append(
                f"{self._places.journal} cannot be read ({error}), so revision {since} waits"
            )
            return []
        if interval is not None and interval.since == since:
            return [interval]
        self._foreign.add(since)
        self._troubles.append(
            f"the journal has no revision {since} of route {route}: what it had is not counted"
        )
        return []


def _is_less(found: Evidence, before: Evidence) -> bool:
    """Tell whether a span has lost requests: what was counted is gone."""
    known = {(span.era, span.number): span for span in found.spans}
    pairs = [(known.get((span.era, span.number)), span) for span in before.spans]
    return any(
        a is not None and (a.canary.requests < b.canary.requests or a.stable.requests < b.stable.requests)
        for a, b in pairs
    )
