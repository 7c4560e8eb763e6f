"""What every row stands on: services of its own and a real gateway before them, gone when the row ends."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from string import Template
from typing import Any

from benchmarks.admin import Admin, command
from benchmarks.chaos.behaviour import Behaviour, to_json
from benchmarks.our_gateway import check_runs, up
from benchmarks.process import child, rss_bytes, wait_until

WORKERS = 2
START = 20.0


class Replica:
    """One service process, and everything that can happen to it."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self.port = 0
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it, again on the same port if it had one; returns once it listens."""
        command = [sys.executable, "-m", "benchmarks.chaos.service", str(self.port), to_json(self.behaviour)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def kill(self) -> None:
        """End it with SIGKILL."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.communicate()

    def hang(self) -> None:
        """Stop it: its connections stand and nothing comes."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def behave(self, **changes: Any) -> None:
        """Change its behaviour from now on."""
        self.behaviour = replace(self.behaviour, **changes)
        self._ask(to_json(self.behaviour))

    def counts(self) -> dict[str, Any]:
        """Return what it counted so far."""
        return self._ask("")

    def _ask(self, content: str) -> dict[str, Any]:
        wire = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            wire.request("PUT", "/-/", content)
            found: dict[str, Any] = json.loads(wire.getresponse().read())
            return found
        finally:
            wire.close()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"


class Site:
    """A gateway at work before `services`."""

    def __init__(self, folder: Path, services: Mapping[str, Sequence[Replica]]) -> None:
        self.folder = folder
        self.services = services
        self.process: subprocess.Popen[bytes] | None = None

    def processes(self) -> dict[str, Any]:
        """Return what the supervisor tells of its processes and addresses."""
        found: dict[str, Any] = json.loads((self.state / "run" / "processes.json").read_bytes())
        return found

    @property
    def state(self) -> Path:
        """The gateway's state directory."""
        return self.folder / ".gateway"

    def port(self, door: str = "listen") -> int:
        """Return the port of a door: listen, tls or admin."""
        return int(str(self.processes()[door]).rpartition(":")[2])

    def workers(self) -> list[int]:
        """List the workers' pids."""
        found = self.processes()["processes"]
        return [int(one["pid"]) for one in found if one["role"] == "worker" and one["pid"]]

    def memory(self) -> int:
        """Return the resident memory of all workers together, in bytes."""
        return sum(rss_bytes(pid) for pid in self.workers())

    def files(self) -> int:
        """Return how many files all workers together have open."""
        return sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in self.workers())

    def admin(self) -> Admin:
        """Open a connection to the admin API."""
        return Admin(self.port("admin"))

    def verb(self, *words: str) -> str:
        """Run one verb of the command line; raises Refused when it fails."""
        return command(*words, state=self.state)

    def drain(self) -> None:
        """Ask the gateway to end."""
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGTERM)

    def log(self) -> str:
        """Return what the gateway said so far."""
        return (self.folder / "log").read_text(errors="replace")


async def killed(pid: int) -> None:
    """End a process with SIGKILL; returns once it is gone: until then the system takes requests for it."""
    loop, gone = asyncio.get_running_loop(), asyncio.Event()
    watched = os.pidfd_open(pid)
    try:
        loop.add_reader(watched, gone.set)
        os.kill(pid, signal.SIGKILL)
        await gone.wait()
    finally:
        loop.remove_reader(watched)
        os.close(watched)


@contextmanager
def site(
    routing: str, services: Mapping[str, Sequence[Behaviour]], prepare: Path | None = None
) -> Iterator[Site]:
    """Run services and a gateway; in `routing` $NAME is the list of that service's urls.

    Files of the folder `prepare` are laid beside routing.yaml.
    """
    with tempfile.TemporaryDirectory(prefix="gateway-chaos-") as name, ExitStack() as stack:
        replicas = {known: [Replica(one) for one in some] for known, some in services.items()}
        for replica in (one for some in replicas.values() for one in some):
            stack.callback(replica.kill)
            replica.start()
        folder = Path(name)
        for file in sorted(prepare.iterdir()) if prepare else ():
            (folder / file.name).write_bytes(file.read_bytes())
        urls = {known: ", ".join(f'"{one.url}"' for one in some) for known, some in replicas.items()}
        (folder / "routing.yaml").write_text(Template(routing).substitute(urls))
        found = Site(folder, replicas)
        command = up(folder, found.state, workers=WORKERS)
        found.process = stack.enter_context(child(command, folder / "log", None))
        wait_until(lambda: _is_ready(found), START, "the gateway is ready")
        yield found


def _is_ready(found: Site) -> bool:
    assert found.process is not None
    check_runs(found.process, found.folder / "log")
    return "gateway is ready" in found.log()
