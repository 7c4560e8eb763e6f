"""CPU time per proxied request: every contender in turn, round after round, at full load.

Full load, because the ratio is then the ratio of the peak rates of one core; in turn, because the machine
is shared and its other work comes and goes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.contenders import NGINX
from benchmarks.process import cpu_ns
from benchmarks.scale import Scale
from benchmarks.stage import Running, Stage
from benchmarks.wire import Broken
from benchmarks.wrk import Burst, burst


def measure(stage: Stage, running: Sequence[Running], scale: Scale) -> dict[str, Any]:
    """Return, by contender, microseconds of CPU per request and requests per second of each round."""
    cost: dict[str, list[float]] = {one.name: [] for one in running}
    rate: dict[str, list[float]] = {one.name: [] for one in running}
    failed: dict[str, int] = {one.name: 0 for one in running}
    gave_up: dict[str, str] = {}
    warm_up(stage, running, stage.pool_file)
    for _ in range(scale.rounds):
        for one in (proxy for proxy in running if proxy.name not in gave_up):
            try:
                taken = once(one, stage.pool_file, scale.seconds, stage.cores.load)
            except Broken as broken:
                gave_up[one.name] = str(broken)
                continue
            cost[one.name].append(taken.cpu_us)
            rate[one.name].append(taken.rate)
            failed[one.name] += taken.failed
    return {"cpu_us": cost, "rate": rate, "failed": failed, "gave_up": gave_up}


def warm_up(stage: Stage, running: Sequence[Running], pool: Path) -> None:
    """Load each proxy for a second that nobody counts: connections, caches and start-up work come first."""
    for one in running:
        try:
            burst(one.site.port, pool, 1, stage.cores.load)
        except Broken:
            pass  # its first measured round will say so


@dataclass(frozen=True)
class Taken:
    """One contender's round: CPU microseconds per request, requests per second, requests that failed."""

    cpu_us: float
    rate: float
    failed: int


def once(proxy: Running, pool: Path, seconds: int, core: int) -> Taken:
    """Load one proxy with a pool for `seconds`; raises Broken when it breaks off."""
    return account(proxy, lambda: burst(proxy.site.port, pool, seconds, core))


def account(proxy: Running, make_load: Callable[[], Burst]) -> Taken:
    """Return what a load cost one proxy; raises Broken when it breaks off.

    The CPU time is that of all the proxy's processes, a supervisor or control process included.
    """
    pids = proxy.pids()
    before = cpu_ns(pids)
    load = make_load()
    if proxy.pids() != pids:
        raise Broken("one of its processes ended under load, or was started again")
    if not load.requests:
        raise Broken("not one request was answered")
    return Taken((cpu_ns(pids) - before) / 1e3 / load.requests, load.rate, load.failed)


def known_peak(part: dict[str, Any] | None) -> float | None:
    """Return nginx's best rate from this part's own result, None where it has none."""
    rates = part["rate"].get(NGINX) if part else None
    return max(rates) if rates else None


def nginx_peak(stage: Stage, running: Sequence[Running], seconds: int) -> float:
    """Measure nginx's peak rate alone; raises LookupError where nginx is not among the contenders."""
    for one in running:
        if one.name == NGINX:
            return burst(one.site.port, stage.pool_file, seconds, stage.cores.load).rate
    raise LookupError("the latency part needs nginx, whose peak rate sets the pace: `apt install nginx`")
