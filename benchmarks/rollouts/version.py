"""One version of a model as a process of its own, and everything that can happen to it."""

from __future__ import annotations

import http.client
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.contenders import ROOT
from benchmarks.rollouts.fault import OWN, Fault, to_json

_START = 30.0


class Version:
    """A service; `model` is v1, v2 or v3 of this repository, or empty: an answer that costs nothing."""

    def __init__(self, model: str = "", fault: Fault | None = None) -> None:
        self.model = model
        self.fault = fault or Fault()
        self.port = 0
        self._process: subprocess.Popen[str] | None = None

    def launch(self) -> None:
        """Start it; `await_port` waits until it listens."""
        folder = str(self.folder) if self.model else ""
        command = [sys.executable, "-m", "benchmarks.rollouts.model_service", folder, to_json(self.fault)]
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, start_new_session=True, cwd=ROOT
        )

    def await_port(self) -> None:
        """Wait until it listens; raises RuntimeError where it ends instead."""
        assert self._process is not None
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the service of {self.model or 'no model'} ended; see what is printed above")
        self.port = int(line)

    @property
    def folder(self) -> Path:
        """Where its model lies."""
        return ROOT / "model_versions" / self.model

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def kill(self) -> None:
        """End it with SIGKILL: its port is closed."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.communicate()

    def behave(self, **changes: Any) -> None:
        """Change what is wrong with it from now on."""
        self.fault = replace(self.fault, **changes)
        wire = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            wire.request("PUT", OWN, to_json(self.fault))
            wire.getresponse().read()
        finally:
            wire.close()
