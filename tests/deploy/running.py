"""A gateway started by the very command that a file of deploy/ gives, on ports that are free."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.waiting import BOUND

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
RAIN = {
    "inputs": [
        {"name": "season", "shape": [1], "datatype": "BYTES", "data": ["autumn"]},
        {"name": "humidity", "shape": [1], "datatype": "FP64", "data": [84.5]},
        {"name": "pressure", "shape": [1], "datatype": "FP64", "data": [1004.5]},
    ]
}


def needed(program: str, package: str) -> str:
    """Return where a program is; without it the test is skipped, or fails if .ci/run installs it."""
    found = shutil.which(program)
    if found is None:
        missing = f"{program} is not on this machine: apt-get install {package}"
        if os.environ.get("CI") and re.search(
            rf"packages=\([^)]*\b{package}\b", (ROOT / ".ci" / "run").read_text()
        ):
            pytest.fail(missing)
        pytest.skip(missing)
    return found


@contextmanager
def running(command: list[str], folder: Path, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """Start a gateway in a folder, wait until it says that it is ready, and end it with SIGTERM."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    clean["PATH"] = f"{BIN}:{clean['PATH']}"
    with (folder / "up.log").open("w+") as said:
        popen = subprocess.Popen(
            command, cwd=folder, env=clean | environment, stdout=subprocess.PIPE, stderr=said, text=True
        )
        try:
            assert popen.stdout is not None
            first = popen.stdout.readline()
            assert "gateway is ready" in first, (folder / "up.log").read_text()
            yield popen
        finally:
            popen.terminate()
            popen.communicate(timeout=BOUND)
    assert popen.returncode == 0, (folder / "up.log").read_text()


def ask(port: int, path: str, body: object = None, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Ask a port of loopback once; return status, headers and body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=BOUND)
    try:
        sent = None if body is None else json.dumps(body)
        connection.request("GET" if body is None else "POST", path, sent, headers)
        answer = connection.getresponse()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def rain(port: int) -> dict[str, Any]:
    """Ask the sample model for a prediction, until its replica is there; return the answer."""
    deadline = time.monotonic() + BOUND
    while (found := ask(port, "/v2/models/rain/infer", RAIN))[0] == 503:
        assert time.monotonic() < deadline, found
    status, headers, body = found
    assert status == 200, body
    assert headers["x-model-version"] in ("blue", "canary")
    answer: dict[str, Any] = json.loads(body)
    return answer
