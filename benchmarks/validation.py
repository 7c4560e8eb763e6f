"""What the strict checks of a request head cost: heads that vary, read as workers do, with and without."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from benchmarks.contenders import ROOT
from benchmarks.process import last_line
from benchmarks.scale import Scale
from benchmarks.stage import Stage
from gateway.supervision.compiled import compiled_copy, compiled_home

_PATIENCE = 60


def measure(stage: Stage, scale: Scale) -> dict[str, Any]:
    """Return microseconds of CPU per request of each round, by way of reading them."""
    copy = compiled_copy(compiled_home())
    path = ":".join(map(str, [copy, ROOT] if copy else [ROOT]))
    timer = [sys.executable, "-P", "-m", "benchmarks.validation_timer", str(stage.pool_file)]
    command = ["taskset", "-c", str(stage.cores.proxy), "env", f"PYTHONPATH={path}", *timer]
    done = subprocess.run(
        [*command, str(scale.rounds)], capture_output=True, text=True, timeout=_PATIENCE, check=False
    )
    if done.returncode:
        raise RuntimeError(f"the timer failed: {last_line(done.stderr)}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found
