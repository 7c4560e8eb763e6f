"""A gateway as a person starts it, and questions about it that only its processes can answer."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Self

from tests.waiting import BOUND, until

COMMAND = [sys.executable, "-m", "gateway.cli.main"]
ROUTING = """\
# Where requests go.
services:
  blue:   {{url: "{blue}"}}   # the old one
  green:  {{url: "{green}"}}
  canary: {{url: "{canary}"}}
routes:
  - name: late
    path: /late
    stable: blue
    weights: {{blue: 60, green: 0, canary: 40}}   # keep this remark
    sticky: {{header: x-user-id}}
"""


def up(folder: Path, *options: str) -> list[str]:
    """Return the command that starts a gateway on free ports."""
    free = ["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--workers", "2"]
    return [*COMMAND, "up", "--config", str(folder / "routing.yaml"), *free, *options]


class Gateway:
    """One `gateway up`; ended with SIGTERM at the end, and with everything it started."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self._options = options

    def __enter__(self) -> Self:
        self.log = (self.folder / "log").open("a+")
        self.popen = subprocess.Popen(
            up(self.folder, *self._options), stdout=subprocess.PIPE, stderr=self.log, text=True
        )
        try:
            self._wait_until_ready()
        except BaseException:
            self._end()
            raise
        return self

    def _wait_until_ready(self) -> None:
        assert self.popen.stdout is not None
        self.welcome = self.popen.stdout.readline()
        assert "ready" in self.welcome, self.said()
        found = self._processes()
        host, _, port = found["listen"].rpartition(":")
        self.listen = (host, int(port))
        self.admin = found["admin"]

    def __exit__(self, *_: object) -> None:
        pids = [process["pid"] for process in self._processes()["processes"]] if self._is_up() else []
        self._end()
        until(lambda: not any(exists(pid) for pid in pids), "for the processes to end")

    def _end(self) -> None:
        """End the gateway, with its pipe and file, however far it has come."""
        try:
            self.popen.terminate()
            self.popen.communicate(timeout=BOUND)
        finally:
            with self.popen, self.log:  # one that does not end fails its own test and no other
                self.popen.kill()

    def _is_up(self) -> bool:
        return self.popen.poll() is None

    def _processes(self) -> dict[str, Any]:
        path = self.folder / ".gateway" / "run" / "processes.json"
        found: dict[str, Any] = json.loads(path.read_bytes())
        return found

    @property
    def tls(self) -> tuple[str, int]:
        """Where it listens for TLS; a reload may change that."""
        host, _, port = self._processes()["tls"].rpartition(":")
        return host, int(port)

    def said(self) -> str:
        """Return what the gateway wrote to its log so far."""
        return (self.folder / "log").read_text()

    def pid(self, role: str, number: int = 0, service: str = "") -> int:
        """Return the id of a running process, 0 while it is down."""
        for process in self._processes()["processes"]:
            if (process["role"], process["number"], process["service"]) == (role, number, service):
                return int(process["pid"])
        raise LookupError(role)

    def pids(self) -> list[int]:
        """Return the ids of all processes but the supervisor."""
        return [process["pid"] for process in self._processes()["processes"]]

    def kill(self, role: str, number: int = 0, service: str = "") -> float:
        """Kill a process with -9 and return the seconds until another one is in its place."""
        before = until(lambda: self.pid(role, number, service), f"for {role} to run")
        os.kill(before, signal.SIGKILL)
        began = time.monotonic()
        until(lambda: self.pid(role, number, service) not in (0, before), f"for {role} to come back")
        return time.monotonic() - began

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a verb for this gateway."""
        state = ["--state-dir", str(self.folder / ".gateway")]
        return subprocess.run(
            [*COMMAND, *arguments, *state], capture_output=True, text=True, check=False, timeout=BOUND
        )

    def status(self) -> dict[str, Any]:
        """Return what `gateway status --json` says."""
        run = self.run("status", "--json")
        assert run.returncode == 0, run.stderr
        found: dict[str, Any] = json.loads(run.stdout)
        return found

    def request(self, path: str = "/late", **headers: str) -> tuple[int, str]:
        """Ask once; return the status and the version that answered."""
        connection = http.client.HTTPConnection(*self.listen, timeout=BOUND)
        try:
            connection.request("GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()})
            answer = connection.getresponse()
            answer.read()
            return answer.status, answer.getheader("x-model-version") or ""
        finally:
            connection.close()

    def text(self) -> str:
        """Return what routing.yaml says."""
        return (self.folder / "routing.yaml").read_text()


def models_answer(gateway: Gateway, path: str) -> bool:
    """Tell whether the models of the repository's routing.yaml do, at either worker: some load for long."""
    wanted = (("always", "canary"), ("never", "blue")) * 10
    answers = ((gateway.request(path, x_canary=said), version) for said, version in wanted)
    return all(status < 500 and by == version for (status, by), version in answers)


def exists(pid: int) -> bool:
    """Tell whether a process is there and not only waiting to be reaped."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"
