"""Children of a benchmark: started on one core, measured through /proc, ended by their own pid.

CPU time is read from the scheduler's own account (nanoseconds), because the tick-based figures of
/proc/PID/stat are too coarse for rounds of two seconds.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cores:
    """Which core runs the proxy and which one the load and the upstream."""

    proxy: int
    load: int


def pick_cores(available: frozenset[int]) -> Cores:
    """Give the proxy a core of its own where there are two; on a single core both share it."""
    ordered = sorted(available)
    return Cores(proxy=ordered[0], load=ordered[min(1, len(ordered) - 1)])


@contextmanager
def child(
    command: Sequence[str],
    log: Path,
    core: int | None,
    env: Mapping[str, str] | None = None,
    patience: float = 10.0,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run `command` on `core` (None: any) until the block ends; its output goes to `log`.

    It then has `patience` seconds to end in peace.
    """
    pinned = [*(["taskset", "-c", str(core)] if core is not None else []), *command]
    with log.open("wb") as output:
        process = subprocess.Popen(
            pinned,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(env or {})},
            start_new_session=True,  # Ctrl-C reaches the benchmark alone, which then ends its children
        )
        try:
            yield process
        finally:
            stop(process, patience)


def stop(process: subprocess.Popen[bytes], patience: float) -> None:
    """Ask a child to end; after `patience` seconds kill it and every process it had started."""
    started = tree(process.pid)
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        for pid in started:
            _kill(pid)
        process.wait(patience)


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass  # it ended between the listing and the signal, which is what was wanted


def tree(root: int) -> list[int]:
    """Return `root` and all its descendants, parents first."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (parent := _parent(entry)) is not None:
            children.setdefault(parent, []).append(int(entry.name))
    found = [root]
    for pid in found:
        found.extend(sorted(children.get(pid, [])))
    return found


def _parent(entry: Path) -> int | None:
    try:
        text = (entry / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None  # it ended while /proc was being listed
    return int(text.rpartition(")")[2].split()[1])


def cpu_ns(pids: Collection[int]) -> int:
    """Return the CPU time, user and kernel, that all threads of `pids` have used, in nanoseconds."""
    return sum(_thread_ns(thread) for pid in pids for thread in Path(f"/proc/{pid}/task").iterdir())


def _thread_ns(thread: Path) -> int:
    try:
        return int((thread / "schedstat").read_text().split()[0])
    except (FileNotFoundError, ProcessLookupError):
        return 0  # it ended while the threads were being listed


def rss_bytes(pid: int) -> int:
    """Return the resident memory of one process."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Rss:"):
            return int(line.split()[1]) * 1024
    raise ValueError(f"/proc/{pid}/smaps_rollup has no Rss line")


def end_in_order() -> None:
    """Let SIGTERM unwind this process as Ctrl-C does, so that it ends its children and cleans up."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))


def last_line(printed: str) -> str:
    """Return the last line that says anything: where programs put their reason."""
    lines = [line.strip() for line in printed.splitlines() if line.strip()]
    return lines[-1] if lines else "it printed nothing"


def wait_until(condition: Callable[[], bool], seconds: float, what: str) -> None:
    """Poll `condition` every 10 ms; raises TimeoutError naming `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds:g} s in vain: {what}")
        time.sleep(0.01)
