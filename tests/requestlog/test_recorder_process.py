"""The recorder as a process: killed at random while workers write, ended in order, orphaned, rescued."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from gateway.requestlog.recorder_lock import recorder_lock
from gateway.requestlog.recorder_parts import Wiring
from gateway.requestlog.recorder_process import rescue
from gateway.requestlog.recorder_report import read_report
from gateway.requestlog.ring import RingWriter
from tests.requestlog.logs import RULES, Bench, open_screen
from tests.waiting import BOUND, until

ROOT = Path(__file__).resolve().parents[2]
MAIN = "from tests.requestlog.logs import main; main()"
KILLS = 30
Processes = list[subprocess.Popen[bytes]]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Rings and a log."""
    return Bench(tmp_path)


@pytest.fixture
def processes() -> Iterator[Processes]:
    """Processes that are ended."""
    started: Processes = []
    yield started
    for process in started:
        process.kill()
        process.wait()
        if process.stdin is not None:
            process.stdin.close()


def recorder(bench: Bench, processes: Processes, *writers: int) -> subprocess.Popen[bytes]:
    """Start a recorder; it believes that these are the workers."""
    command = [sys.executable, "-c", MAIN, str(bench.folder), *map(str, writers)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE)
    processes.append(process)
    return process


def counted(bench: Bench) -> int:
    """Return how many records the recorder says it has written."""
    return int((read_report(bench.report) or {}).get("records", 0))


def is_at_work(bench: Bench, process: subprocess.Popen[bytes]) -> bool:
    """Tell whether this recorder was the last to say something."""
    return (read_report(bench.report) or {}).get("pid") == process.pid


class Worker(threading.Thread):
    """Writes frames without a rest until told to stop; `acknowledged` are those that there was room for."""

    def __init__(self, bench: Bench, number: int) -> None:
        super().__init__(daemon=True)
        self.acknowledged = 0
        self.stop = threading.Event()
        self._bench = bench
        # room for longer than anything here is waited for, also while no recorder gets a processor
        self._writer = RingWriter(bench.run / f"ring-{number}", 128 * 1024 * 1024)

    def run(self) -> None:
        """Write some, and let the others have the processor."""
        while not self.stop.wait(0.002):
            self.acknowledged += sum(self._bench.write(self._writer, 5, request_body=b"x" * 200))


def test_killed_thirty_times_it_has_written_everything_once(bench: Bench, processes: Processes) -> None:
    """At whatever moment; what a worker was told there was room for is in the log, and its count is right."""
    worker = Worker(bench, 0)
    worker.start()
    chance = random.Random(5)
    for _ in range(KILLS):
        process = recorder(bench, processes)
        until(partial(is_at_work, bench, process))
        time.sleep(chance.uniform(0.0, 0.12))  # the moment is to be any
        process.kill()
        process.wait()
    worker.stop.set()
    worker.join()
    last = recorder(bench, processes)
    until(lambda: is_at_work(bench, last) and counted(bench) >= worker.acknowledged)
    last.send_signal(signal.SIGTERM)
    assert last.wait(BOUND) == 0
    ids = bench.ids()
    assert len(ids) == worker.acknowledged == bench.number
    assert set(ids.values()) == {1}
    assert counted(bench) == worker.acknowledged
    assert bench.gaps() == []


def test_asked_to_end_it_reads_to_the_end_first(bench: Bench, processes: Processes) -> None:
    """Also a ring that it had not seen yet."""
    bench.write(bench.writer(0), 50)
    process = recorder(bench, processes)
    until(lambda: read_report(bench.report))
    bench.write(bench.writer(1), 50)
    process.send_signal(signal.SIGTERM)
    assert process.wait(BOUND) == 0
    assert len(bench.records()) == 100
    assert bench.lines()[-1]["mark"] == {}


def threads_of(process: subprocess.Popen[bytes]) -> int:
    """Return how many threads a process has."""
    return len(list(Path(f"/proc/{process.pid}/task").iterdir()))


def in_log(bench: Bench) -> int:
    """Return how many records there are while they are written: the last line may be half there."""
    return sum(path.read_bytes().count(b'{"id":') for path in bench.places.open.glob("*.ndjson"))


def test_orphaned_it_stays_until_the_workers_are_gone(bench: Bench, processes: Processes) -> None:
    """The supervisor was killed: what workers leave while they drain is written; new rings are not read."""
    worker = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    processes.append(worker)
    writer = bench.writer(0)
    process = recorder(bench, processes, worker.pid)
    until(lambda: read_report(bench.report))
    assert process.stdin is not None
    threads = threads_of(process)
    process.stdin.close()
    until(lambda: threads_of(process) < threads)  # the one that waits for that end
    bench.write(writer, 1)
    until(lambda: in_log(bench) == 1)  # what it was at when that end came, a report as well, is done now
    bench.report.unlink()
    bench.write(bench.writer(7), 1)
    bench.write(writer, 19)
    until(lambda: in_log(bench) == 20)
    assert process.poll() is None
    bench.write(writer, 5)
    worker.kill()  # and is a zombie now
    assert process.wait(BOUND) == 0
    assert [record["worker"] for record in bench.records()] == [0] * 25
    assert not bench.report.exists()


def test_the_next_one_waits_for_it(bench: Bench, processes: Processes) -> None:
    """Two never write at the same time."""
    first = recorder(bench, processes)
    until(lambda: read_report(bench.report))
    bench.report.unlink()
    second = recorder(bench, processes)
    bench.write(bench.writer(), 3)
    until(lambda: is_at_work(bench, first))
    first.send_signal(signal.SIGTERM)
    assert first.wait(BOUND) == 0
    until(lambda: is_at_work(bench, second))
    second.send_signal(signal.SIGTERM)
    assert second.wait(BOUND) == 0
    assert len(bench.ids()) == 3


def test_one_that_waits_can_be_ended(bench: Bench, processes: Processes) -> None:
    """By a signal; it has written nothing."""
    with recorder_lock(bench.places, lambda: False):
        process = recorder(bench, processes)
        time.sleep(0.2)  # it may have come to the lock or not: it ends either way
        process.send_signal(signal.SIGTERM)
        assert process.wait(BOUND) in (0, -signal.SIGTERM)
    assert not bench.report.exists()


def wiring(bench: Bench) -> Wiring:
    """Return the wiring of whoever looks for what was left behind."""
    rules = iter([RULES])
    exemplars = bench.run / "exemplars.json"
    return Wiring(bench.places, bench.rings, lambda: next(rules, None), open_screen, bench.report, exemplars)


def test_what_a_killed_gateway_left_is_rescued(bench: Bench) -> None:
    """Behind what its recorder had written."""
    writer = bench.writer()
    bench.write(writer, 3)
    bench.started().turn()
    bench.write(writer, 4)
    assert rescue(wiring(bench)) == 4
    assert set(bench.ids().values()) == {1}
    assert len(bench.ids()) == 7
    assert bench.lines()[-1]["mark"] == {}


def test_while_its_recorder_lives_that_is_its_business(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It waits for a moment, and leaves it at that."""
    monkeypatch.setattr("gateway.requestlog.recorder_process.RESCUE_WAIT", 0.0)
    bench.write(bench.writer(), 3)
    with recorder_lock(bench.places, lambda: False):
        assert rescue(wiring(bench)) == 0
    assert "still runs" in caplog.text
    assert bench.lines() == []
