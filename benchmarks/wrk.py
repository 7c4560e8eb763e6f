"""The closed loop: wrk asks as fast as it is answered, which finds the peak rate and the CPU cost at it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.contenders import ROOT
from benchmarks.process import last_line
from benchmarks.wire import Broken

SCRIPT = Path(__file__).with_name("heads.lua")
CONNECTIONS = 32


@dataclass(frozen=True)
class Burst:
    """What one run of wrk saw."""

    requests: int
    seconds: float
    failed: int

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.requests / self.seconds


def burst(
    port: int, pool: Path, seconds: int, core: int, connections: int = CONNECTIONS, scheme: str = "http"
) -> Burst:
    """Load 127.0.0.1:`port` with the requests of `pool`; raises Broken with wrk's reason when it fails."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(SCRIPT)]
    return loaded([*command, f"{scheme}://127.0.0.1:{port}/", "--", str(pool)], seconds, core)


def loaded(command: Sequence[str], seconds: int, core: int) -> Burst:
    """Run a program that loads for `seconds` and says so; raises Broken with its reason when it fails."""
    pinned = ["taskset", "-c", str(core), *command]
    done = subprocess.run(pinned, capture_output=True, text=True, timeout=seconds + 20, cwd=ROOT)
    if done.returncode:
        raise Broken(f"{Path(command[0]).name}: {last_line(done.stdout + done.stderr)}")
    return read_result(done.stdout)


def read_result(output: str) -> Burst:
    """Find the line in what wrk's script, or another load, printed; raises ValueError where it is missing."""
    for line in output.splitlines():
        if line.startswith("RESULT "):
            found = json.loads(line.removeprefix("RESULT "))
            return Burst(found["requests"], found["microseconds"] / 1e6, found["failed"])
    raise ValueError(f"wrk printed no RESULT line (is {SCRIPT.name} readable?): {output[-300:]!r}")
