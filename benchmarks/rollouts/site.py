"""What every row stands on: versions of a model, and a real gateway before them; gone when the row ends."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from string import Template

from benchmarks.chaos.site import START, WORKERS
from benchmarks.chaos.site import Site as ChaosSite
from benchmarks.our_gateway import check_runs, up
from benchmarks.process import stop, tree, wait_until
from benchmarks.rollouts.history import Move, moves_in
from benchmarks.rollouts.version import Version
from gateway.routing import journal
from gateway.routing.places import Places
from gateway.routing.plan import Route
from gateway.routing.rollouts import Progress
from gateway.routing.run_directory import remove_run
from gateway.routing.slot import published

_END = 15.0
READY = "gateway is ready"


class Site(ChaosSite):
    """A gateway at work before `versions`; it may be killed as a whole and started again."""

    def __init__(self, folder: Path, versions: Mapping[str, Version]) -> None:
        super().__init__(folder, {})
        self.versions = versions
        self.places = Places(self.state)

    def start(self) -> None:
        """Start the gateway; returns once it is ready."""
        said = self.log().count(READY) if (self.folder / "log").exists() else 0
        with (self.folder / "log").open("ab") as output:
            self.process = subprocess.Popen(
                self._up(), stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )
        wait_until(lambda: self._is_ready(said), START, "the gateway is ready")

    def _up(self) -> list[str]:
        return up(self.folder, self.state, workers=WORKERS)

    def _is_ready(self, said: int) -> bool:
        assert self.process is not None
        check_runs(self.process, self.folder / "log")
        return self.log().count(READY) > said

    def kill_all(self) -> int:
        """Kill -9 the supervisor and everything it started, at once; return how many that were."""
        assert self.process is not None
        pids = tree(self.process.pid)
        for pid in pids:
            _kill(pid)
        self.process.wait(_END)
        wait_until(lambda: not any(_is_there(pid) for pid in pids[1:]), _END, "what was killed is gone")
        return len(pids)

    def end(self) -> None:
        """Have the gateway end, and whatever it left behind removed."""
        if self.process is not None:
            stop(self.process, _END)
        if self.state.exists():
            remove_run(self.places)

    def pid(self, role: str, number: int = 0) -> int:
        """Return the pid of one of its processes, 0 while it is down."""
        found = self.processes()["processes"]
        return next(
            (int(one["pid"] or 0) for one in found if (one["role"], one["number"]) == (role, number)), 0
        )

    def kill_process(self, role: str, number: int = 0) -> None:
        """Kill -9 one of its processes."""
        pid = self.pid(role, number)
        if pid:
            _kill(pid)

    def route(self, name: str = "late") -> Route:
        """Return a route as it is published."""
        plan = published(self.places)
        found = plan.route(name) if plan else None
        if found is None:
            raise LookupError(f"no route {name} is published")
        return found

    def progress(self, name: str = "late") -> Progress | None:
        """Return where a route's rollout stands."""
        return self.route(name).progress

    def stands(self) -> str:
        """Say where each rollout stands."""
        plan = published(self.places)
        known = [route for route in plan.routes if route.progress] if plan else []
        return "; ".join(f"{one.name}: {one.progress}" for one in known)

    def moves(self, name: str = "late") -> list[Move]:
        """Return what the journal knows of a route, oldest first."""
        with journal.opened(self.places.journal) as connection:
            return moves_in(journal.latest(connection, journal.KEPT)[::-1], name)


@contextmanager
def serving(versions: Mapping[str, Version]) -> Iterator[None]:
    """Run versions until the block ends."""
    try:
        for version in versions.values():
            version.launch()
        for version in versions.values():
            version.await_port()
        yield
    finally:
        for version in versions.values():
            version.kill()


@contextmanager
def gateway(routing: str, versions: Mapping[str, Version]) -> Iterator[Site]:
    """Run a gateway before versions that run; in `routing` $NAME is that version's url."""
    with tempfile.TemporaryDirectory(prefix="gateway-rollouts-") as name:
        found = Site(Path(name), versions)
        urls = {known: one.url for known, one in versions.items()}
        (found.folder / "routing.yaml").write_text(Template(routing).substitute(urls))
        try:
            found.start()
            yield found
        finally:
            found.end()


@contextmanager
def site(routing: str, versions: Mapping[str, Version]) -> Iterator[Site]:
    """Run versions and a gateway before them."""
    with serving(versions), gateway(routing, versions) as found:
        yield found


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass  # it ended by itself


def _is_there(pid: int) -> bool:
    """Tell whether a process runs still; one that waits to be reaped does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"
