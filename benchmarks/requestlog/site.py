"""What every row stands on: a canned answer behind a real gateway that logs; gone when the row ends."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.free_port import free_port
from benchmarks.our_gateway import up
from benchmarks.process import child, tree, wait_until
from benchmarks.requestlog.asking import ANSWER, SMALL_ANSWER, SMALL_PATH
from benchmarks.rollouts.site import Site as RolloutSite
from benchmarks.stage import answers
from gateway.errors import GatewayError
from gateway.requestlog.recorder_report import read_report
from gateway.requestlog.ring_read import RingReader
from gateway.requestlog.segment import segments

LONG = 60.0
SERVICE = "services: {v1: {url: 'http://127.0.0.1:%d'}}\n"
ROUTE = """routes:
  - name: late
    path: /v2/models/late
    stable: v1
    weights: {v1: 100}
    sticky: {header: x-user-id}
"""
_NGINX = """
daemon off;
master_process off;
error_log stderr warn;
pid {folder}/nginx.pid;
events {{ worker_connections 8192; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    access_log off;
    keepalive_requests 1000000000;
    keepalive_timeout 1h;
    server {{
        listen 127.0.0.1:{port} backlog=8192;
        default_type application/json;
        location {small_path} {{ return 200 '{small}'; }}
        location / {{ return 200 '{answer}'; }}
    }}
}}
"""


@contextmanager
def canned(folder: Path, core: int | None = None) -> Iterator[int]:
    """Run an nginx that gives the same answers to all; returns its port."""
    folder.mkdir(exist_ok=True)
    port = free_port()
    text = _NGINX.format(folder=folder, port=port, small_path=SMALL_PATH, small=SMALL_ANSWER, answer=ANSWER)
    (folder / "nginx.conf").write_text(text)
    command = ["nginx", "-e", "stderr", "-p", str(folder), "-c", str(folder / "nginx.conf")]
    probe = b"GET %b HTTP/1.1\r\nhost: localhost\r\n\r\n" % SMALL_PATH.encode()
    with child(command, folder / "log", core):
        wait_until(lambda: answers(port, probe), LONG, "nginx answers")
        yield port


class Site(RolloutSite):
    """A gateway and its log."""

    def __init__(self, folder: Path, *, workers: int, core: int | None, state: Path | None) -> None:
        self._state = state or folder / ".gateway"
        super().__init__(folder, {})
        self._workers, self._core = workers, core

    @property
    def state(self) -> Path:
        """The gateway's state directory."""
        return self._state

    def _up(self) -> list[str]:
        pinned = ["taskset", "-c", str(self._core)] if self._core is not None else []
        return [*pinned, *up(self.folder, self.state, workers=self._workers)]

    def kill_supervisor(self) -> None:
        """Kill -9 the supervisor alone: all that it had started is to end by itself."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(LONG)

    def pids(self) -> list[int]:
        """List all its processes."""
        assert self.process is not None
        return tree(self.process.pid)

    def cpu(self, *roles: str) -> int:
        """Return the CPU time that all processes of these roles have taken, in nanoseconds."""
        found = self.processes()["processes"]
        return sum(_cpu_ns(int(one["pid"])) for one in found if one["role"] in roles and one["pid"])

    def report(self) -> Mapping[str, Any]:
        """Return what the recorder said last."""
        return read_report(self.places.recorder) or {}

    def counts(self) -> tuple[int, Mapping[str, int]]:
        """Return how many records were written and how many dropped, by reason, as the recorder says."""
        said = self.report()
        return int(said["records"]), dict(said["dropped"])

    def waiting(self) -> int:
        """Return how many bytes of records wait in memory."""
        found = 0
        for path in self.places.rings():
            try:
                reader = RingReader(path)
            except (OSError, GatewayError):
                continue  # only just being made
            found += reader.unread
            reader.close()
        return found

    def drained(self, patience: float = LONG) -> None:
        """Return once the recorder has read all rings to the end."""
        wait_until(lambda: self.waiting() == 0, patience, "the recorder has read everything")

    def told(self, patience: float = LONG) -> None:
        """Return once the recorder has read everything and said so."""
        self.drained(patience)
        beat = time.monotonic() + 1.0
        wait_until(lambda: self.report().get("beat", 0.0) > beat, patience, "the recorder tells of it")

    def sealed(self, patience: float = LONG) -> None:
        """Have the open segment closed; return once all closed ones are sealed."""
        places = self.places.log
        places.rotate.touch()
        wait_until(lambda: not places.rotate.exists(), patience, "the recorder begins another segment")
        wait_until(lambda: len(segments(places)) <= 1, patience, "the keeper has sealed all segments")


def _cpu_ns(pid: int) -> int:
    """Return the CPU time of a process, threads that have ended included: clock_getcpuclockid(3)."""
    return time.clock_gettime_ns(~pid << 3 | 2)


@contextmanager
def gateway(
    routing: str, *, workers: int = 2, core: int | None = None, state: Path | None = None
) -> Iterator[Site]:
    """Run a gateway with this routing.yaml."""
    with tempfile.TemporaryDirectory(prefix="gateway-log-") as name:
        found = Site(Path(name), workers=workers, core=core, state=state)
        (found.folder / "routing.yaml").write_text(routing)
        try:
            found.start()
            yield found
        finally:
            found.end()
