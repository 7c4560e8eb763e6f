"""Ten thousand routes against one: the same requests, to two gateways that differ in routing.yaml alone."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import heads
from benchmarks.configs import SPLIT, Site, routing_yaml
from benchmarks.contenders import OURS, Contender, gateway_command
from benchmarks.cpu import once, warm_up
from benchmarks.scale import Scale
from benchmarks.stage import Stage, run
from benchmarks.wire import Broken

_ROOT = "/r"


def measure(stage: Stage, scale: Scale) -> dict[str, Any]:
    """Return microseconds of CPU per request of each round, with one route and with many."""
    many = [f"{_ROOT}/{number:05d}" for number in range(scale.routes)]
    pool = _pool(stage, many)
    cost: dict[str, list[float]] = {"one": [], "many": []}
    probe = heads.request(random.Random(2), f"{many[0]}/infer")
    core = stage.cores.proxy
    with (
        run(_ours([_ROOT]), stage.site("one-route"), core, probe) as one,
        run(_ours(many), stage.site("many-routes"), core, probe) as other,
    ):
        warm_up(stage, [one, other], pool)
        for _ in range(scale.rounds):
            for name, proxy in (("one", one), ("many", other)):
                taken = once(proxy, pool, scale.seconds, stage.cores.load)
                if taken.failed:
                    raise Broken(f"{taken.failed} requests failed with {name} route(s)")
                cost[name].append(taken.cpu_us)
    return {"routes": scale.routes, "cpu_us": cost}


def _pool(stage: Stage, paths: Sequence[str]) -> Path:
    requests = heads.pool(3, [f"{path}/infer" for path in paths])
    random.Random(4).shuffle(requests)  # neighbours in the file are not neighbours in time
    return heads.write_pool(requests, stage.folder / "routes-pool")


def _ours(paths: Sequence[str]) -> Contender:
    def prepare(site: Site) -> list[str]:
        (site.folder / "routing.yaml").write_text(routing_yaml(site, SPLIT, paths))
        return gateway_command(site)

    return Contender(OURS, lambda: "", prepare)
