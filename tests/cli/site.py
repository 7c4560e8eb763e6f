"""A gateway's files without its processes, and the command line run in this process."""

from __future__ import annotations

import fcntl
import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gateway.cli.main import main
from gateway.routing import journal
from gateway.routing.change import Request
from gateway.routing.file_sync import begin
from gateway.routing.journal import Revision
from gateway.routing.places import Places
from gateway.routing.run_directory import prepare

ROUTING = """\
# Where requests go.
services:
  blue:   {url: http://127.0.0.1:9001}
  green:  {url: http://127.0.0.1:9002}
  canary: {url: http://127.0.0.1:9003}
routes:
  - name: late
    path: /v2/models/late
    stable: blue
    weights: {blue: 90, green: 0, canary: 10}   # keep this remark
    sticky: {header: x-user-id}
    override:
      - {header: x-canary, value: always, to: canary}
  - name: protocol
    path: /v2
    stable: blue
    weights: {blue: 50, green: 50}
  - name: sure
    path: /sure
    weights: {green: 1}
"""

IDLE = ROUTING.replace("{blue: 90, green: 0, canary: 10}", "{blue: 100, green: 0, canary: 0}")
"""The same with a canary that has nothing yet."""


@dataclass(frozen=True)
class Said:
    """What a command answered: its exit code, its standard output and its standard error."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """Return the output as JSON."""
        return json.loads(self.out)


@dataclass(frozen=True)
class Site:
    """The files of a gateway, and how to talk to it."""

    folder: Path
    places: Places
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    @property
    def config(self) -> Path:
        """The routing.yaml."""
        return self.folder / "routing.yaml"

    def run(self, *arguments: str) -> Said:
        """Run the command in this process, as `gateway ARGUMENTS`, in the folder of routing.yaml."""
        self.monkeypatch.setattr(sys, "argv", ["gateway", *arguments])
        self.monkeypatch.chdir(self.folder)
        self.capsys.readouterr()
        code = main()
        captured = self.capsys.readouterr()
        return Said(code, captured.out, captured.err)

    def head(self) -> Revision:
        """Return the latest revision."""
        with journal.opened(self.places.journal) as connection:
            found = journal.head(connection)
        assert found is not None
        return found

    def weights(self) -> dict[str, int]:
        """Return the units of the first route in the latest revision."""
        return dict(self.head().plan.routes[0].weights)


@contextmanager
def made(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *,
    up: bool,
    routing: str = ROUTING,
) -> Iterator[Site]:
    """Make the files of a gateway at revision 1; `up`: somebody holds its state directory."""
    (folder / "routing.yaml").write_text(routing)
    places = prepare(folder / ".gateway")
    begin(places, Request("file", "file"), folder / "routing.yaml")
    with places.up_lock.open("a") as lock:
        if up:
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield Site(folder, places, monkeypatch, capsys)
    shutil.rmtree(places.run.resolve(), ignore_errors=True)
