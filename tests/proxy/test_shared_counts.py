"""What all workers hold: added up over processes, gone with the process that held it."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.proxy.shared_counts import LOOK_EVERY, SERVICES, SharedCounts
from gateway.routing.places import Places

BOUND = 20.0
HERE, THERE = b"192.0.2.1", b"2001:db8::7"
WORKER = """
import sys
from pathlib import Path
from gateway.proxy.shared_counts import SharedCounts
from gateway.routing.places import Places
counts = SharedCounts(Places(Path(sys.argv[1])), int(sys.argv[2]))
for _ in range(5):
    counts.opened(b"192.0.2.1")
counts.in_flight("blue").add(3)
print("counted", flush=True)
for line in sys.stdin:
    counts.closed(b"192.0.2.1")
    counts.in_flight("blue").add(-1)
    print("counted", flush=True)
"""


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """A state directory whose shared files are in it."""
    (tmp_path / "run").mkdir()
    return Places(tmp_path)


@contextmanager
def worker(places: Places, number: int) -> Iterator[subprocess.Popen[str]]:
    """Run a worker with five clients of one address and three requests; it ends by kill -9."""
    command = [sys.executable, "-c", WORKER, str(places.state), str(number)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "counted\n"
        yield process
        process.kill()


def once_closed(counts: SharedCounts, address: bytes = HERE) -> tuple[int, int]:
    """Return all connections and those of an address."""
    found = counts.opened(address)
    counts.closed(address)
    return found[0] - 1, found[1] - 1


def tick_until(counts: SharedCounts, holds: Callable[[], bool]) -> None:
    """Let the worker's clock tick, every 50 ms as it does, until something holds."""
    started = time.monotonic()
    while not holds():
        counts.tick(time.monotonic())
        assert time.monotonic() < started + BOUND
        time.sleep(0.05)  # the clock itself: nothing is awaited by it


def test_a_worker_alone_counts_its_own(places: Places) -> None:
    """In all and by address, up and down again."""
    counts = SharedCounts(places, 0)
    assert [counts.opened(address) for address in (HERE, THERE, HERE)] == [(1, 1), (2, 1), (3, 2)]
    counts.closed(HERE)
    counts.closed(THERE)
    assert counts.opened(THERE) == (2, 1)
    assert once_closed(counts, HERE) == (2, 1)


@given(
    steps=st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 4).map(lambda n: b"192.0.2.%d" % n)), max_size=60
    )
)
def test_workers_count_together_what_each_opened_and_closed(
    steps: list[tuple[int, bytes]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whoever counts is told the sum over all, whichever order clients come and go in."""
    state = tmp_path_factory.mktemp("state")
    (state / "run").mkdir()
    workers = [SharedCounts(Places(state), number) for number in range(3)]
    for each in workers:
        each.tick(LOOK_EVERY)
    held: list[tuple[int, bytes]] = []
    for step in steps:
        if held.count(step) > 1:
            workers[step[0]].closed(step[1])
            held.remove(step)
        held.append(step)
        same = sum(address == step[1] for _, address in held)
        assert workers[step[0]].opened(step[1]) == (len(held), same)


def test_ten_thousand_addresses_are_told_apart(places: Places) -> None:
    """Two cells for each: an address is all but never blamed for the connections of another."""
    counts = SharedCounts(places, 0)
    addresses = [b"10.0.%d.%d" % divmod(n, 256) for n in range(10_000)]
    for address in addresses:
        counts.opened(address)
    blamed = sum(once_closed(counts, address)[1] > 1 for address in addresses)
    assert blamed < 500
    assert sum(once_closed(counts, address)[1] > 2 for address in addresses) < 50


def test_two_processes_add_up_and_a_killed_one_stops_counting(places: Places) -> None:
    """After kill -9 its connections and requests are gone at the next look, and so is its file."""
    counts = SharedCounts(places, 0)
    counts.opened(HERE)
    counts.in_flight("blue").add(1)
    with worker(places, 1) as process:
        tick_until(counts, lambda: once_closed(counts) == (6, 6))
        assert counts.in_flight("blue").total() == 4
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("less\n")
        process.stdin.flush()
        process.stdout.readline()
        assert once_closed(counts) == (5, 5)
        assert counts.in_flight("blue").total() == 3
        process.kill()
        process.wait()
        counts.tick(time.monotonic() + LOOK_EVERY)
        assert once_closed(counts) == (1, 1)
    assert counts.in_flight("blue").total() == 1
    assert places.all_counts() == [places.counts(0, os.getpid())]


def test_the_successor_of_a_killed_worker_holds_nothing(places: Places) -> None:
    """The new process of the same number counts from zero, and what the old one held is not added to it."""
    with worker(places, 1):
        pass
    counts = SharedCounts(places, 1)
    assert once_closed(counts) == (0, 0)
    assert counts.in_flight("blue").total() == 0
    assert len(places.all_counts()) == 1


def test_during_a_reload_old_and_new_workers_add_up(places: Places) -> None:
    """Workers of other numbers are found by those that were there before, and the reverse."""
    counts = SharedCounts(places, 0)
    with worker(places, 7), worker(places, 8):
        tick_until(counts, lambda: once_closed(counts) == (10, 10))
        assert once_closed(SharedCounts(places, 9)) == (10, 10)


def test_workers_are_looked_for_once_in_a_second_and_services_at_each_tick(places: Places) -> None:
    """A service that is new to a known worker counts from the next tick on."""
    counts = SharedCounts(places, 0)
    other = SharedCounts(places, 1)
    other.opened(HERE)
    counts.tick(0.5)
    assert once_closed(counts) == (0, 0)
    counts.tick(LOOK_EVERY)
    assert once_closed(counts) == (1, 1)
    other.in_flight("blue").add(2)
    assert counts.in_flight("blue").total() == 0
    counts.tick(LOOK_EVERY + 0.1)
    assert counts.in_flight("blue").total() == 2


def test_a_service_has_one_cell(places: Places) -> None:
    """Asked again, also after a tick, the same one is given; services do not mix."""
    counts = SharedCounts(places, 0)
    blue = counts.in_flight("blue")
    blue.add(2)
    counts.tick(LOOK_EVERY)
    assert counts.in_flight("blue") is blue
    assert counts.in_flight("canary").total() == 0
    assert blue.total() == 2


def test_a_service_that_the_plan_no_longer_has_gives_its_row_to_another(places: Places) -> None:
    """But not while a request of it is in flight; other workers learn of it at their next tick."""
    counts, other = SharedCounts(places, 0), SharedCounts(places, 1)
    for name in ("blue", "old", "busy"):
        counts.in_flight(name)
        other.in_flight(name)
    counts.tick(LOOK_EVERY)
    other.tick(LOOK_EVERY)
    counts.in_flight("busy").add(1)
    counts.keep_only({"blue"})
    counts.in_flight("new").add(5)
    other.tick(LOOK_EVERY + 0.1)
    found = {name: other.in_flight(name).total() for name in ("blue", "old", "busy", "new")}
    assert found == {"blue": 0, "old": 0, "busy": 1, "new": 5}
    counts.in_flight("busy").add(-1)
    counts.keep_only({"blue", "new"})
    counts.in_flight("newest").add(1)
    other.tick(LOOK_EVERY + 0.2)
    assert [other.in_flight(name).total() for name in ("busy", "newest", "new")] == [0, 1, 5]


def test_services_beyond_all_rows_are_counted_by_each_worker_for_itself(
    places: Places, caplog: pytest.LogCaptureFixture
) -> None:
    """The log says so; a row that comes free is used again."""
    counts = SharedCounts(places, 0)
    for number in range(SERVICES):
        counts.in_flight(f"s{number}").add(1)
    assert not caplog.text
    beyond = counts.in_flight("beyond")
    beyond.add(2)
    assert beyond.total() == 2
    assert f"more than {SERVICES} services" in caplog.text
    counts.in_flight("s5").add(-1)
    counts.keep_only([f"s{number}" for number in range(SERVICES) if number != 5] + ["beyond"])
    counts.in_flight("late").add(4)
    assert caplog.text.count("more than") == 1
    assert once_closed(counts) == (0, 0)
    assert SharedCounts(places, 1).in_flight("late").total() == 4


def test_a_worker_that_has_just_begun_counts_once_its_file_is_there(places: Places) -> None:
    """A file that its owner has locked and not yet filled is left in peace until the next look."""
    counts = SharedCounts(places, 0)
    path = places.counts(5, 5)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        counts.tick(LOOK_EVERY)
        assert once_closed(counts) == (0, 0)
        assert path.exists()
    SharedCounts(places, 1).opened(HERE)
    counts.tick(2 * LOOK_EVERY)
    assert not path.exists()


def test_a_worker_that_leaves_counts_no_connections(places: Places) -> None:
    """Nobody could make room among them; what closes there later is not counted off twice."""
    leaving, new = SharedCounts(places, 0), SharedCounts(places, 1)
    for _ in range(3):
        leaving.opened(b"10.0.0.1")
    new.tick(LOOK_EVERY + 1)
    assert new.opened(b"10.0.0.1") == (4, 4)
    leaving.retire()
    leaving.closed(b"10.0.0.1")
    assert leaving.opened(b"10.0.0.1") == (0, 0)
    assert new.opened(b"10.0.0.1") == (2, 2)
