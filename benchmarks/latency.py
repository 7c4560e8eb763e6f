"""Latency at half of nginx's peak rate, for each contender and with no proxy at all."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.configs import ANSWER
from benchmarks.contenders import DIRECT, STARLETTE
from benchmarks.disturbance import watch
from benchmarks.process import last_line
from benchmarks.scale import Scale
from benchmarks.stage import Running, Stage
from benchmarks.wrk import CONNECTIONS

SCRIPT = Path(__file__).with_name("openloop.lua")
OTHERS = "others"  # seconds of CPU that other programs took meanwhile
_ANSWER_END = ANSWER[-24:]
_SECONDS = 1
_GRACE = 30  # seconds: the script itself gives up 5 s after the last request was due


class TooSlow(Exception):
    """The contender could not keep up with the rate, or broke off."""


def measure(stage: Stage, running: Sequence[Running], rate: float, scale: Scale) -> dict[str, Any]:
    """Return the latency quantiles of each round in microseconds, by contender; `rate` is per second."""
    ways = {DIRECT: stage.upstream} | {one.name: one for one in running if one.name != STARLETTE}
    rounds: dict[str, list[dict[str, float]]] = {name: [] for name in ways}
    gave_up: dict[str, str] = {STARLETTE: "its peak is far below this rate"}
    for _ in range(scale.latency_rounds):
        for name, way in ways.items():
            if name in gave_up:
                continue
            others = watch({*stage.upstream.pids(), *way.pids()})
            try:
                quantiles = once(stage, way.site.port, rate)
                rounds[name].append({**quantiles, OTHERS: round(others(), 3)})
            except TooSlow as slow:
                gave_up[name] = str(slow)
    return {"rate": rate, "rounds_us": rounds, "gave_up": gave_up}


def once(stage: Stage, port: int, rate: float) -> dict[str, float]:
    """Send at a constant rate for one second; returns quantiles, microseconds since each request was due."""
    wrk = ["wrk", "-t1", "-c1", "-d1s", "-s", str(SCRIPT), f"http://127.0.0.1:{port}/", "--"]
    numbers = [str(port), f"{rate:.0f}", str(_SECONDS), str(CONNECTIONS)]
    command = ["taskset", "-c", str(stage.cores.load), *wrk, str(stage.pool_file), *numbers, _ANSWER_END]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS + _GRACE)
    return read_result(done.stdout, done.stderr)


def read_result(output: str, complaint: str) -> dict[str, float]:
    """Read the script's line, in microseconds; raises TooSlow with what the script complained of."""
    for line in output.splitlines():
        if line.startswith("RESULT "):
            found: dict[str, float] = json.loads(line.removeprefix("RESULT "))
            return {name: round(value * 1e6, 1) for name, value in found.items() if name != "answered"}
    raise TooSlow(last_line(complaint))
