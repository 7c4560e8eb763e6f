"""CPU time of TLS, large bodies, streams and WebSockets: every contender in turn, round after round.

Where a load needs more CPU than the proxy, the rate is the load's own peak; the CPU time is the proxy's all
the same.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import heads, raw_upstream
from benchmarks.contenders import ROOT, protocol_contenders
from benchmarks.cpu import account
from benchmarks.process import child, wait_until
from benchmarks.scale import Scale
from benchmarks.stage import Running, Stage, answers, run_all
from benchmarks.wire import Broken
from benchmarks.wrk import Burst, burst, loaded

SOCKETS = 64
_FEW = 16  # distinct requests of 1 MiB: each head still differs from the one before
_MANY = 2_000
_START_SECONDS = 20.0

Load = Callable[[Running, int], Burst]
"""Loads one proxy for so many seconds."""


@dataclass(frozen=True)
class Kind:
    """One kind of load: its part and name in the results, and what one unit of it is called."""

    part: str
    name: str
    unit: str
    load: Callable[[Stage], Load]


def _wrk(
    make: Callable[[random.Random], bytes], size: int = _MANY, *, tls: bool = False
) -> Callable[[Stage], Load]:
    def prepare(stage: Stage) -> Load:
        pool = _pool(stage, make, size)
        return lambda proxy, seconds: burst(
            proxy.site.tls_port if tls else proxy.site.port,
            pool,
            seconds,
            stage.cores.load,
            scheme="https" if tls else "http",
        )

    return prepare


def _pool(stage: Stage, make: Callable[[random.Random], bytes], size: int) -> Path:
    rng = random.Random(5)
    file = stage.folder / f"pool-{len(list(stage.folder.iterdir()))}"
    return heads.write_pool([make(rng) for _ in range(size)], file)


def _handshakes(stage: Stage) -> Load:
    pool = _pool(stage, _closing, _MANY)

    def load(proxy: Running, seconds: int) -> Burst:
        command = [sys.executable, "-m", "benchmarks.handshake_load", str(proxy.site.tls_port)]
        return loaded([*command, str(seconds), "16", str(pool)], seconds, stage.cores.load)

    return load


def _websockets(stage: Stage) -> Load:
    def load(proxy: Running, seconds: int) -> Burst:
        command = [sys.executable, "-m", "benchmarks.websocket_load", str(proxy.site.port)]
        return loaded([*command, str(seconds), str(SOCKETS)], seconds, stage.cores.load)

    return load


def _closing(rng: random.Random) -> bytes:
    return heads.asking(rng, "POST", heads.PATH, heads.body(rng), ("connection: close",))


def _upload(rng: random.Random) -> bytes:
    start = rng.randrange(raw_upstream.MIB)
    text = raw_upstream.text()
    return heads.asking(rng, "POST", raw_upstream.UPLOAD, text[start:] + text[:start])


def _get(path: str) -> Callable[[random.Random], bytes]:
    return lambda rng: heads.asking(rng, "GET", path)


# Large bodies come first, to processes whose heap nothing else has shaped yet: that is what they cost.
KINDS = (
    Kind("bodies", "1 MiB request body", "MiB", _wrk(_upload, _FEW)),
    Kind("bodies", "1 MiB answer", "MiB", _wrk(_get(raw_upstream.DOWNLOAD))),
    Kind("streams", "100 KiB streamed answer", "answer", _wrk(_get(raw_upstream.STREAM))),
    Kind("tls", "TLS handshake", "new connection with one request", _handshakes),
    Kind("tls", "TLS keep-alive", "request", _wrk(heads.request, tls=True)),
    Kind("websocket", "WebSocket echo", "message and its echo", _websockets),
)
PARTS = tuple(dict.fromkeys(kind.part for kind in KINDS))


def measure(stage: Stage, wanted: Collection[str], scale: Scale) -> dict[str, dict[str, Any]]:
    """Return the wanted parts: by kind, the rounds of each contender."""
    found: dict[str, dict[str, Any]] = {}
    with _raw(stage) as port, run_all(stage, protocol_contenders(), port) as (running, missing):
        for kind in KINDS:
            if kind.part in wanted:
                found.setdefault(kind.part, {})[kind.name] = measure_kind(
                    running, missing, kind.load(stage), scale
                )
    return found


def measure_kind(
    running: list[Running], missing: Mapping[str, str], load: Load, scale: Scale
) -> dict[str, Any]:
    """Return microseconds of CPU and the rate of each round, by contender, and why any gave up."""
    cost: dict[str, list[float]] = {one.name: [] for one in running}
    rate: dict[str, list[float]] = {one.name: [] for one in running}
    failed = {one.name: 0 for one in running}
    gave_up = dict(missing)
    for turn in range(1 + scale.protocol_rounds):
        for one in (proxy for proxy in running if proxy.name not in gave_up):
            try:
                taken = account(one, partial(load, one, 1))
            except Broken as broken:
                gave_up[one.name] = str(broken)
                continue
            if turn:  # the first round is for connections, caches and start-up work
                cost[one.name].append(taken.cpu_us)
                rate[one.name].append(taken.rate)
                failed[one.name] += taken.failed
    return {"cpu_us": cost, "rate": rate, "failed": failed, "gave_up": gave_up}


@contextmanager
def _raw(stage: Stage) -> Iterator[int]:
    port = stage.site("raw").port
    command = [sys.executable, "-m", "benchmarks.raw_upstream", str(port)]
    env = {"PYTHONPATH": str(ROOT)}
    with child(command, stage.folder / "raw" / "log", stage.cores.load, env):
        probe = heads.asking(random.Random(6), "GET", raw_upstream.DOWNLOAD)
        wait_until(lambda: answers(port, probe), _START_SECONDS, "the raw upstream answers")
        yield port
