"""Rates of constant traffic stay the same, whatever becomes of weights, workers and generations."""

from __future__ import annotations

import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.monitoring import tally
from gateway.monitoring.tally import FALLBACK, OK, TallyWriter, WorkerState, read
from gateway.monitoring.tally_rate import STRETCH, Rate, rate, rate_of

PER_TICK, TICK = 7, 0.1
"""Requests in each tenth of a second: 70 a second."""
NEAR = 35
"""Half a second of traffic: it is known to a second when a worker that is gone counted its last requests."""
EVENTS = st.sampled_from(["weights", "kill", "reload", "nothing"])


class Fleet:
    """The workers of a gateway under constant traffic, with a clock of their own."""

    def __init__(self, folder: Path, clock: SimpleNamespace) -> None:
        self._folder = folder
        self._clock = clock
        self._since, self._first = 1, 0
        self.now = 1000.0
        self._start()

    def _start(self) -> None:
        self._clock.monotonic = lambda: self.now
        numbers = (self._first, self._first + 1)
        self._writers = [TallyWriter(self._folder / f"worker-{number}.tally", 1) for number in numbers]

    def happen(self, event: str) -> None:
        """Let something happen that changes neither the traffic nor what is asked for."""
        if event == "weights":
            self._since += 1
        elif event == "reload":  # the workers before write nothing any more
            self._first += 2
            self._start()
        elif event == "kill":  # others take up their files
            self._start()

    def tick(self, turn: int) -> None:
        """Let a tenth of a second pass."""
        self.now += TICK
        for n in range(PER_TICK):
            writer = self._writers[(turn + n) % len(self._writers)]
            writer.block("late", "canary" if n == 0 else "blue", self._since).count(OK)
        for writer in self._writers:
            writer.snapshot(self.now, TICK)

    def told(self) -> Rate:
        """Return what a reader says."""
        return rate_of([read(path, self.now)[0] for path in self._folder.iterdir()], "late", self.now)


@given(st.lists(st.tuples(st.integers(1, 60), EVENTS), min_size=1, max_size=6))
@settings(max_examples=12)
def test_constant_traffic_has_a_constant_rate(events: list[tuple[int, str]]) -> None:
    """Through changes of weights, killed workers and reloads: within half a second of traffic, in ten."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        clock = SimpleNamespace()
        patch.setattr(tally, "time", clock)
        fleet = Fleet(Path(folder), clock)
        turn = 0
        for ticks, event in events:
            for _ in range(ticks):
                turn += 1
                fleet.tick(turn)
                if turn > 10 and turn % 7 == 0:
                    found = fleet.told()
                    assert found.per_second * found.seconds == pytest.approx(70 * found.seconds, abs=NEAR)
            fleet.happen(event)
            if turn >= 100:
                found = fleet.told()
                assert found.seconds == pytest.approx(STRETCH)
                assert found.per_second == pytest.approx(70, abs=NEAR / STRETCH)


def test_nothing_known_is_no_rate() -> None:
    """Without workers, and with such as have no marks."""
    assert rate([], 5.0) == rate([()], 5.0) == Rate()


def test_the_first_second_counts_as_whole() -> None:
    """A request a millisecond ago is not a thousand a second."""
    assert rate([((1000, 0), (1001, 1))], 1.001) == Rate(1.0, 1.0)


def test_workers_of_different_age_share_one_stretch() -> None:
    """One that is gone counts with what it had in that stretch, one that has just begun with all it has."""
    gone = ((80_000, 0), (95_000, 750), (96_000, 800))
    begun = ((96_000, 0), (100_000, 200))
    assert rate([gone, begun], 100.0) == Rate(50.0, STRETCH)
    assert rate([gone], 120.0) == Rate(0.0, STRETCH)


def test_a_fallback_is_no_request_of_its_own(tmp_path: Path) -> None:
    """It is counted where it was answered; and a route without requests has none."""
    writer = TallyWriter(tmp_path / "worker-0.tally", 1)
    writer.block("late", "blue", 1).count(FALLBACK)
    state = read(tmp_path / "worker-0.tally")[0]
    assert isinstance(state, WorkerState)
    assert rate_of([state], "late", 1.0).per_second == rate_of([state], "other", 1.0).per_second == 0.0
