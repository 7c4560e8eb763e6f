"""A gateway's state directory without its processes, and the control process on a port of its own."""

from __future__ import annotations

import asyncio
import http.client
import inspect
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from gateway.monitoring.tally import TallyWriter
from gateway.routing import journal
from gateway.routing.change import Request
from gateway.routing.file_sync import begin
from gateway.routing.journal import Revision
from gateway.routing.places import Places
from gateway.routing.plan import Route
from gateway.routing.run_directory import prepare
from gateway.routing.slot import PlanSlot, published
from tests.waiting import BOUND

ROUTING = """\
# Three versions of one model.
listen: 127.0.0.1:8080
admin: 127.0.0.1:9090
services:
  blue:   {url: http://127.0.0.1:9001}  # the old one
  green:  {url: http://127.0.0.1:9002}
  canary: {url: http://127.0.0.1:9003}

routes:
  - name: late
    path: /v2/models/late
    stable: blue
    weights: {blue: 90, green: 0, canary: 10}   # keep this remark
  - name: protocol
    path: /v2
    weights: {green: 1, blue: 1}
"""
USUAL = "{blue: 90, green: 0, canary: 10}"
"""The weights of the first route, for which a test's module may name others: its WEIGHTS."""


@dataclass(frozen=True)
class Site:
    """The files of a gateway that was started once."""

    places: Places
    config: Path

    def live(self) -> int:
        """The revision in the slot's word; the slot's file is never older than that."""
        with PlanSlot(self.places) as slot:
            revision = int(slot.word[0])
        plan = published(self.places)
        assert plan is not None
        assert plan.revision >= revision
        return revision

    def route(self, name: str = "late") -> Route:
        """A route of the live plan."""
        plan = published(self.places)
        assert plan is not None
        route = plan.route(name)
        assert route is not None
        return route

    def weights(self, name: str = "late") -> dict[str, float]:
        """The live weights of a route in percent."""
        route = self.route(name)
        return {service: route.share(service) for service, _ in route.weights}

    def head(self) -> Revision:
        """The latest revision in the journal."""
        with journal.opened(self.places.journal) as connection:
            head = journal.head(connection)
        assert head is not None
        return head

    def save(self, old: str, new: str) -> None:
        """Save routing.yaml with one passage replaced, in one step: nobody sees it empty, or unchanged."""
        text = self.config.read_text()
        assert old in text
        saved = self.config.with_name("routing.yaml.new")
        saved.write_text(text.replace(old, new))
        saved.replace(self.config)

    def tally(self, number: int = 0, pid: int = 0) -> TallyWriter:
        """The counters of a worker, made as a worker makes them."""
        return TallyWriter(self.places.tally(number), pid or os.getpid())

    def list_processes(self, *processes: Mapping[str, Any], admin: str = "127.0.0.1:1") -> None:
        """Write what the supervisor writes; this process is the supervisor."""
        whole = [{"service": "", "number": 0, "restarts": 0, **process} for process in processes]
        about = {"config": str(self.config), "listen": "127.0.0.1:2", "admin": admin}
        text = json.dumps({**about, "supervisor": os.getpid(), "processes": whole})
        self.places.processes.write_text(text)


@pytest.fixture
def site(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Site]:
    """A gateway that took its routing.yaml as revision 1; none of its processes runs."""
    config = tmp_path / "routing.yaml"
    config.write_text(ROUTING.replace(USUAL, getattr(request.module, "WEIGHTS", USUAL)))
    places = prepare(tmp_path / ".gateway")
    begin(places, Request("file", "file"), config)
    yield Site(places, config)
    shutil.rmtree(places.run.resolve())


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        """The content, parsed."""
        return json.loads(self.content)


@dataclass
class Control:
    """The control process, started the way the supervisor starts it; `told` is `Listening.told()`.

    `before` is a statement that it runs first.
    """

    site: Site
    listener: socket.socket
    log_file: Path
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    told: str = ""
    before: str = ""

    @property
    def port(self) -> int:
        """Where it answers."""
        return int(self.listener.getsockname()[1])

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The one that was started last."""
        return self.processes[-1]

    @property
    def log(self) -> str:
        """Everything it has logged."""
        return self.log_file.read_text()

    def start(self) -> None:
        """Start it and wait until it answers."""
        fd = self.listener.fileno()
        command = [sys.executable, "-m", "gateway.assemble", "control"]
        if self.before:
            run = "import runpy; runpy.run_module('gateway.assemble', run_name='__main__', alter_sys=True)"
            command[1:3] = ["-c", f"{self.before}; {run}"]
        command += [str(self.site.places.state), str(self.site.config), str(fd)]
        command += [self.told] if self.told else []
        with self.log_file.open("ab") as log:
            self.processes.append(
                subprocess.Popen(command, pass_fds=(fd,), stdin=subprocess.PIPE, stderr=log)
            )
        assert self.ask("GET", "/healthz").status == 200

    def kill(self) -> None:
        """Kill it with -9."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(BOUND)

    def ask(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send one request; a body that is not bytes is sent as JSON."""
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        declared = {} if body is None else {"content-type": "application/json"}
        with self.connected() as wire:
            wire.request(method, path, content, {**declared, **(headers or {})})
            answer = wire.getresponse()
            fields = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, fields, answer.read())

    @contextmanager
    def connected(self) -> Iterator[http.client.HTTPConnection]:
        """A connection to it."""
        wire = http.client.HTTPConnection("127.0.0.1", self.port, timeout=BOUND)
        try:
            yield wire
        finally:
            wire.close()

    def end(self) -> None:
        """Leave nothing behind."""
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait(BOUND)
            assert process.stdin is not None
            process.stdin.close()
        self.listener.close()


@pytest.fixture
def stopped_control(site: Site, tmp_path: Path) -> Iterator[Control]:
    """The control process, not started yet."""
    listener = socket.create_server(("127.0.0.1", 0))
    control = Control(site, listener, tmp_path / "control.log")
    yield control
    control.end()


@pytest.fixture
def control(stopped_control: Control) -> Control:
    """The control process of the site, answering."""
    stopped_control.start()
    return stopped_control


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a coroutine test, for so long at most."""
    test = pyfuncitem.obj
    if not inspect.iscoroutinefunction(test):
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in inspect.signature(test).parameters}

    async def bounded() -> None:
        async with asyncio.timeout(BOUND):
            await test(**arguments)

    asyncio.run(bounded())
    return True
