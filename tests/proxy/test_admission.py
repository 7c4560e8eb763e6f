"""Places in a service: never too many over all workers, none left free for long while somebody waits."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.proxy.admission import LOOK_EVERY, Admission
from gateway.proxy.cell import LOW_HALF, Cell
from gateway.routing.settings import Queue
from tests.started import started
from tests.waiting import BOUND


class Timer:
    """What `call_later` of a Clock returns."""

    def __init__(self, clock: Clock, when: float, callback: Callable[[], object]) -> None:
        self.clock, self.when, self.callback = clock, when, callback

    def cancel(self) -> None:
        """Never call back."""
        self.clock.timers.remove(self)


class Clock:
    """The part of an event loop that keeps the time, which passes when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0
        self.timers: list[Timer] = []
        self.made = 0

    def time(self) -> float:
        """Return the time of the test."""
        return self.now

    def call_later(self, delay: float, callback: Callable[[], object]) -> Timer:
        """Call back once so much time has passed."""
        self.made += 1
        timer = Timer(self, self.now + delay, callback)
        self.timers.append(timer)
        return timer

    def advance(self, seconds: float) -> None:
        """Let time pass, and whatever is due in it happen."""
        end = self.now + seconds
        while due := [timer for timer in self.timers if timer.when <= end]:
            first = min(due, key=lambda timer: timer.when)
            self.timers.remove(first)
            self.now = first.when
            first.callback()
        self.now = end


class Request:
    """A waiter that keeps what it was told."""

    def __init__(self, then: Callable[[], None] | None = None) -> None:
        self.told: list[str] = []
        self.then = then

    def admitted(self) -> None:
        """It has a place."""
        self.told.append("admitted")
        if self.then:
            self.then()

    def not_admitted(self) -> None:
        """It has waited too long."""
        self.told.append("not admitted")
        if self.then:
            self.then()


@pytest.fixture
def clock() -> Clock:
    """A clock at 0."""
    return Clock()


def cells(workers: int) -> list[Cell]:
    """Return the cell of each worker for one service."""
    rows = [memoryview(bytearray(8)).cast("Q") for _ in range(workers)]
    return [Cell(1, own, [other for other in rows if other is not own]) for own in rows]


def door(
    clock: Clock, concurrency: int = 1, size: int = 8, wait: float = 0.1, cell: Cell | None = None
) -> Admission:
    """Return an admission with a queue."""
    loop = cast(asyncio.AbstractEventLoop, clock)
    return Admission(concurrency, Queue(size, wait), cell or cells(1)[0], loop)


def test_as_many_enter_as_there_are_places(clock: Clock) -> None:
    """The next one may once somebody has left; nothing is ever awaited for it."""
    admission = door(clock, concurrency=2)
    assert [admission.enter() for _ in range(3)] == [True, True, False]
    admission.leave()
    assert [admission.enter() for _ in range(2)] == [True, False]
    assert clock.made == 0


def test_places_are_those_of_all_workers(clock: Clock) -> None:
    """Who holds one at another worker holds it here too."""
    one, two = cells(2)
    here, there = door(clock, 3, cell=one), door(clock, 3, cell=two)
    assert [each.enter() for each in (here, there, here, there, here)] == [True, True, True, False, False]
    there.leave()
    assert here.enter()


def test_who_waits_is_admitted_in_turn_when_a_place_comes_free(clock: Clock) -> None:
    """First come, first admitted, and each holds a place that it gives back."""
    admission = door(clock)
    requests = [Request() for _ in range(3)]
    assert admission.enter()
    assert all(admission.wait(request) for request in requests)
    for turn in range(3):
        assert [len(request.told) for request in requests] == [1] * turn + [0] * (3 - turn)
        admission.leave()
    assert [request.told for request in requests] == [["admitted"]] * 3
    assert not admission.enter()
    admission.leave()
    assert admission.enter()


def test_nobody_is_told_anything_while_it_joins(clock: Clock) -> None:
    """Even where a place is free: it is told at the next look."""
    admission, request = door(clock), Request()
    assert admission.wait(request)
    assert request.told == []
    clock.advance(LOOK_EVERY)
    assert request.told == ["admitted"]


def test_a_full_queue_takes_nobody(clock: Clock) -> None:
    """Nor does one of no size; who was turned away is never told anything."""
    admission = door(clock, size=2)
    admission.enter()
    requests = [Request() for _ in range(3)]
    assert [admission.wait(request) for request in requests] == [True, True, False]
    assert not door(clock, size=0).wait(requests[2])
    clock.advance(1.0)
    assert [request.told for request in requests] == [["not admitted"], ["not admitted"], []]


def test_who_waited_too_long_is_told_within_two_looks(clock: Clock) -> None:
    """Not before its time, and it holds no place."""
    admission, request = door(clock, wait=0.1), Request()
    admission.enter()
    admission.wait(request)
    clock.advance(0.0999)
    assert request.told == []
    clock.advance(2 * LOOK_EVERY)
    assert request.told == ["not admitted"]
    admission.leave()
    assert admission.enter()


def test_whose_client_left_is_forgotten(clock: Clock) -> None:
    """It keeps nobody waiting; to forget it twice, or one that never waited, does nothing."""
    admission = door(clock)
    gone, next_one = Request(), Request()
    admission.enter()
    admission.wait(gone)
    admission.wait(next_one)
    admission.forget(gone)
    admission.forget(gone)
    admission.forget(Request())
    admission.leave()
    clock.advance(1.0)
    assert (gone.told, next_one.told) == ([], ["admitted"])


def test_a_newcomer_does_not_overtake_who_waits(clock: Clock) -> None:
    """Not even when a place is free that another worker gave back, and not at another door of the worker."""
    one, two = cells(2)
    here, there = door(clock, cell=one), door(clock, cell=two)
    after_a_new_plan = door(clock, concurrency=5, cell=one)
    request = Request()
    there.enter()
    here.wait(request)
    there.leave()
    assert not here.enter()
    assert not after_a_new_plan.enter()
    clock.advance(LOOK_EVERY)
    assert request.told == ["admitted"]


def test_a_place_that_another_worker_gave_back_is_found_at_the_next_look(clock: Clock) -> None:
    """No message is needed."""
    one, two = cells(2)
    here, there, request = door(clock, cell=one), door(clock, cell=two), Request()
    there.enter()
    here.wait(request)
    clock.advance(0.05)
    there.leave()
    assert request.told == []
    clock.advance(LOOK_EVERY)
    assert request.told == ["admitted"]


def test_it_looks_only_while_somebody_waits(clock: Clock) -> None:
    """However the last one ceased to wait, no timer is left."""
    admission = door(clock)
    request = Request()
    admission.enter()
    admission.wait(request)
    assert len(clock.timers) == 1
    admission.forget(request)
    assert clock.timers == []
    admission.wait(request)
    admission.leave()
    assert clock.timers == []
    admission.wait(Request())
    clock.advance(1.0)
    assert clock.timers == []


def test_a_new_limit_holds_for_a_new_door_with_the_same_cell(clock: Clock) -> None:
    """What entered by the old one counts, and the old one's queue is emptied."""
    (cell,) = cells(1)
    before, request = door(clock, 2, cell=cell), Request()
    before.enter()
    before.enter()
    before.wait(request)
    after = door(clock, 1, cell=cell)
    assert not after.enter()
    before.leave()
    assert request.told == ["admitted"]
    before.leave()
    before.leave()
    assert after.enter()
    assert not after.enter()


def test_requests_that_leave_as_soon_as_they_are_admitted_do_not_pile_up(clock: Clock) -> None:
    """Ten thousand of them, each of which lets the next one in: no deeper than one."""
    admission = door(clock, size=10_000, wait=10.0)
    requests = [Request(admission.leave) for _ in range(10_000)]
    admission.enter()
    for request in requests:
        admission.wait(request)
    admission.leave()
    assert all(request.told == ["admitted"] for request in requests)
    assert admission.enter()


def test_one_that_fails_when_it_is_told_harms_no_other(clock: Clock) -> None:
    """Its error goes to whoever called, as any other's, and the looks go on."""

    def fail() -> None:
        raise RuntimeError("on purpose")

    admission = door(clock, wait=0.05)
    failing, request = Request(fail), Request()
    admission.enter()
    admission.wait(failing)
    admission.wait(request)
    with pytest.raises(RuntimeError, match="on purpose"):
        admission.leave()
    admission.leave()
    assert request.told == ["admitted"]


def test_a_worker_full_of_requests_lets_others_have_their_share(clock: Clock) -> None:
    """It holds all four places and has a queue; the two that wait elsewhere are in before its second."""
    one, two = cells(2)
    here, there = door(clock, 4, cell=one), door(clock, 4, cell=two)
    mine, theirs = [Request() for _ in range(4)], [Request() for _ in range(2)]
    assert all(here.enter() for _ in range(4))
    for request in mine:
        here.wait(request)
    for request in theirs:
        there.wait(request)
    for _ in range(3):
        here.leave()
        clock.advance(LOOK_EVERY)
    assert [request.told for request in theirs] == [["admitted"]] * 2
    assert [len(request.told) for request in mine] == [1, 0, 0, 0]


def test_a_place_that_cannot_be_shared_goes_to_whoever_looks_first(clock: Clock) -> None:
    """One place, two workers whose requests wait: it is never taken twice, and never idle for long."""
    shared = cells(2)
    doors = [door(clock, wait=1.0, cell=cell) for cell in shared]
    requests = [[Request(), Request()] for _ in doors]
    assert doors[0].enter()
    for each, two in zip(doors, requests, strict=True):
        assert all(each.wait(request) for request in two)
    for turn in range(1, 5):
        doors[0 if shared[0].own() & LOW_HALF else 1].leave()
        clock.advance(LOOK_EVERY)
        assert sum(len(request.told) for two in requests for request in two) == turn
    assert all(request.told == ["admitted"] for two in requests for request in two)


STEP = st.tuples(
    st.sampled_from(["arrive", "arrive", "arrive", "leave", "leave", "forget", "time"]),
    st.integers(0, 2),
)


@settings(max_examples=100)
@given(concurrency=st.integers(1, 5), steps=st.lists(STEP, max_size=80))
def test_whatever_comes_the_limit_holds_and_no_place_lies_idle(
    concurrency: int, steps: list[tuple[str, int]]
) -> None:
    """Three workers: never more in flight than allowed, turns are kept, each is told once, nobody starves."""
    clock = Clock()
    shared = cells(3)
    doors = [door(clock, concurrency, size=5, wait=60.0, cell=cell) for cell in shared]
    holding, queues = [0, 0, 0], [list[Request](), list[Request](), list[Request]()]

    def settle() -> None:
        for worker, queue in enumerate(queues):
            told = [bool(request.told) for request in queue]
            assert told == sorted(told, reverse=True)
            holding[worker] += sum(told)
            queues[worker] = [request for request in queue if not request.told]
            assert shared[worker].own() == holding[worker] + (len(queues[worker]) << 32)
        assert sum(holding) == shared[0].total() <= concurrency

    for what, worker in steps:
        if what == "arrive":
            request = Request()
            if doors[worker].enter():
                holding[worker] += 1
            elif doors[worker].wait(request):
                queues[worker].append(request)
        elif what == "leave" and holding[worker]:
            holding[worker] -= 1
            doors[worker].leave()
        elif what == "forget" and queues[worker]:
            doors[worker].forget(queues[worker].pop(len(queues[worker]) // 2))
        elif what == "time":
            clock.advance(5 * LOOK_EVERY)
            settle()
            assert sum(holding) == concurrency or not any(queues)
        settle()
    clock.advance(61.0)
    assert clock.timers == []
    assert all(len(request.told) == 1 for queue in queues for request in queue)
    assert not any(cell.own() > LOW_HALF for cell in shared)


CROWD = """
import asyncio, sys, time
from pathlib import Path
from gateway.proxy.admission import Admission
from gateway.proxy.shared_counts import SharedCounts
from gateway.routing.places import Places
from gateway.routing.settings import Queue

class Request:
    def __init__(self):
        self.join()
    def join(self):
        if not door.wait(self):
            raise SystemExit("the queue is full")
    def admitted(self):
        global served, most
        served += 1
        most = max(most, cell.total())
        loop.call_later(0.001, self.end)
    def end(self):
        door.leave()
        self.join()
    def not_admitted(self):
        global late
        late += 1
        self.join()

served = most = late = 0
counts = SharedCounts(Places(Path(sys.argv[1])), int(sys.argv[2]))
cell = counts.in_flight("blue")
loop = asyncio.new_event_loop()
door = Admission(int(sys.argv[3]), Queue(20, 20.0), cell, loop)
def tell():
    print(served, most, late, flush=True)
    loop.call_later(0.1, tell)
print("ready", flush=True)
sys.stdin.readline()
counts.tick(10.0)
for _ in range(10):
    Request()
loop.add_reader(sys.stdin.fileno(), loop.stop)
loop.call_later(0.1, tell)
loop.run_forever()
"""


@pytest.mark.parametrize("concurrency", [1, 4])
def test_two_processes_keep_to_the_limit_and_both_get_on(tmp_path: Path, concurrency: int) -> None:
    """More requests than can be served: one too many at the worst, and neither goes without.

    For a second at least, and until both had time to run: either may be kept from it for a while.
    """
    (tmp_path / "run").mkdir()
    command = [sys.executable, "-c", CROWD, str(tmp_path)]
    with crowd([*command, "0", str(concurrency)]) as one, crowd([*command, "1", str(concurrency)]) as two:
        for each in (one, two):
            assert each.stdin is not None
            each.stdin.write("go\n")
            each.stdin.flush()
        began, told = time.monotonic(), 0
        served = most = late = [0, 0]
        while told < 10 or min(served) < sum(served) * 0.15:
            served, most, late = (
                list(figures) for figures in zip(figures_of(one), figures_of(two), strict=True)
            )
            told += 1
            assert max(most) <= concurrency + 1
            assert late == [0, 0]
            assert time.monotonic() < began + BOUND, served


@contextmanager
def crowd(command: list[str]) -> Iterator[subprocess.Popen[str]]:
    """Start a process whose requests wait for a place as soon as it is told to; it ends with the block."""
    with started(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process


def figures_of(process: subprocess.Popen[str]) -> list[int]:
    """Return what a process says next: how many it served, the most that held a place, how many were late."""
    assert process.stdout is not None
    return [int(figure) for figure in process.stdout.readline().split()]
