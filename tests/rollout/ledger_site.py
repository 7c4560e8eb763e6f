"""What the tests of evidence share: requests as workers write them down, and the same counted by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hypothesis import strategies as st

from gateway.monitoring.ledger import LedgerWriter
from gateway.monitoring.ledger_layout import BAD, DRAW
from gateway.monitoring.ledger_read import Counter, Entry
from gateway.rollout.evidence import Evidence
from gateway.routing import journal
from gateway.routing.journal import Revision
from gateway.routing.places import Places
from gateway.routing.plan import UNITS, Route, RoutingPlan, Service
from gateway.routing.rollouts import Progress, Step
from gateway.routing.run_directory import prepare, remove_run
from gateway.routing.settings import Sticky

ROLLOUT = 5
"""The rollout, and so the revision of its first step; the steps after it follow one by one."""
SHARES = (5_000, 25_000, 50_000)
METRICS = 2


@dataclass(frozen=True, slots=True)
class Seen:
    """A request that ended at `at` (milliseconds) in the interval of a step; key 0: it had none."""

    at: int
    step: int
    worker: int
    key: int
    arm: int
    bits: int


def arm_of(key: int, step: int) -> int:
    """Return the arm a key is placed in: as the canary grows, keys go to it and none comes back."""
    return int(key * 7919 % 11 < (1, 4, 8)[step])


def requests(keys: bool = True) -> st.SearchStrategy[list[Seen]]:
    """Return requests in the order of their ends; some end when the step they began in has been over."""

    def seen(drawn: tuple[int, int, int, int, int, int]) -> Seen:
        at, late, worker, key, arm, bits = drawn
        step = max(at // 1000 - late, 0)
        return Seen(at, step, worker, key, arm_of(key, step) if key else arm, bits)

    key = st.integers(0, 12) if keys else st.just(0)
    one = st.tuples(
        st.integers(0, 2999), st.integers(0, 1), st.integers(0, 2), key, st.integers(0, 1), st.integers(0, 3)
    )
    return st.lists(one.map(seen), max_size=120).map(_in_order)


def _in_order(found: list[Seen]) -> list[Seen]:
    return sorted(found, key=lambda seen: (seen.at, seen.worker))


Short = tuple[tuple[tuple[int, tuple[int, ...]], ...], tuple[tuple[tuple[int, ...], ...], ...]]
"""Requests and bad ones of canary and stable, and the firsts."""


def by_hand(found: Sequence[Seen]) -> list[Short]:
    """Return what each step has to show, from what the words of `Counts` and `Span` say."""
    return [
        (tuple(_draws(found, step, arm) for arm in (1, 0)), _firsts(found, step))
        for step in range(len(SHARES))
    ]


def in_short(evidence: Evidence) -> list[Short]:
    """Return the same of evidence."""
    return [
        (tuple((counts.requests, counts.bad) for counts in (span.canary, span.stable)), span.firsts)
        for span in evidence.spans
    ]


def _draws(found: Sequence[Seen], step: int, arm: int) -> tuple[int, tuple[int, ...]]:
    own = [seen for seen in found if seen.step == step and seen.arm == arm]
    first = {seen.key: seen for seen in reversed(own) if seen.key}
    draws = [*first.values(), *(seen for seen in own if not seen.key)]
    return len(draws), tuple(sum(seen.bits >> metric & 1 for seen in draws) for metric in range(METRICS))


def _firsts(found: Sequence[Seen], step: int) -> tuple[tuple[tuple[int, ...], ...], ...]:
    return tuple(
        tuple(tuple(_first(found, step, start, arm, metric) for metric in range(METRICS)) for arm in (1, 0))
        for start in range(step + 1)
    )


def _first(found: Sequence[Seen], step: int, start: int, arm: int, metric: int) -> int:
    """Count the bad events in a step of keys that had had none in it or any other since `start`."""
    bad: set[int] = set()
    count = 0
    for seen in found:
        if seen.step >= start and seen.bits >> metric & 1 and not (seen.key and seen.key in bad):
            bad.add(seen.key)
            count += seen.step == step and seen.arm == arm
    return count


class Workers:
    """Several workers, each with a ledger in memory: what they would have written."""

    def __init__(self) -> None:
        self.entries: list[tuple[int, int, Entry]] = []
        self.counters: dict[tuple[int, int, int], Counter] = {}
        self._known: dict[tuple[int, int, int], int] = {}

    def write(self, seen: Seen) -> None:
        """Write a request down as its worker does."""
        since = ROLLOUT + seen.step
        if not seen.key:
            which = (seen.worker, since, seen.arm)
            before = self.counters.get(which, Counter(since, seen.arm, 0, (0,) * 8))
            bad = tuple(count + (seen.bits >> metric & 1) for metric, count in enumerate(before.bad))
            self.counters[which] = replace(before, draws=before.draws + 1, bad=bad)
            return
        known = self._known.get((seen.worker, since, seen.key))
        fresh = seen.bits if known is None else seen.bits & ~known
        self._known[seen.worker, since, seen.key] = fresh | (known or 0)
        if known is None or fresh:
            kind = DRAW if known is None else BAD
            entry = Entry(seen.key, since, seen.arm, kind, fresh, seen.at, 0.0)
            self.entries.append((seen.at, seen.worker, entry))


class Site:
    """A gateway's files with a journal that has a revision for each step, and real ledgers."""

    def __init__(self, folder: Path, keyed: bool = True) -> None:
        self.places: Places = prepare(folder)
        self.keyed = keyed
        self.writers: dict[int, LedgerWriter] = {}
        with journal.opened(self.places.journal) as connection:
            for step in range(len(SHARES)):
                plan = self.plan(step)
                entry = Revision(plan.revision, 1.0, "me", "why", "file", plan, None, "written")
                journal.append(connection, entry)

    def plan(self, step: int) -> RoutingPlan:
        """Return the plan of a step."""
        services = tuple(Service(name, urls=("http://127.0.0.1:1",)) for name in ("blue", "green"))
        return RoutingPlan(services, (self.route(step),), revision=ROLLOUT + step)

    def route(self, step: int) -> Route:
        """Return the route in a step."""
        steps = (*map(Step, SHARES), Step(UNITS))
        progress = Progress(
            ROLLOUT,
            "green",
            "blue",
            "progressing",
            step,
            steps,
            "it began",
            thresholds=(1000,) * (METRICS - 1),
        )
        weights = (("blue", UNITS - SHARES[step]), ("green", SHARES[step]))
        sticky = Sticky("header", "user") if self.keyed else None
        return Route("late", "/", "blue", weights, sticky, progress=progress, since=ROLLOUT + step)

    def write(self, seen: Seen, since_boot: int = 10_000) -> None:
        """Write a request down; the times of requests begin `since_boot` milliseconds after the machine."""
        interval = self.writer(seen.worker).interval(ROLLOUT + seen.step, self.keyed)
        if seen.key:
            interval.note(seen.key, seen.arm, seen.bits, since_boot + seen.at)
        else:
            interval.count(seen.arm, seen.bits)

    def writer(self, worker: int) -> LedgerWriter:
        """Return a worker's ledger."""
        if worker not in self.writers:
            self.writers[worker] = LedgerWriter(self.places.ledger(ROLLOUT, worker), 1)
        return self.writers[worker]

    def restart_worker(self, worker: int) -> None:
        """Kill a worker; the one after it goes on with its ledger."""
        found = self.writers.pop(worker, None)
        if found is not None:
            found.close()

    def __enter__(self) -> Site:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in list(self.writers):
            self.restart_worker(worker)
        remove_run(self.places)
