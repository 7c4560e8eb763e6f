"""What logging costs: CPU time per proxied request of the gateway's processes, with a full log and without.

Two gateways that differ in `log: false` alone take turns, round after round, on one core; load and upstream
have the other one.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from benchmarks.figures import median_ratio
from benchmarks.measured.row import Figure, Reached, Row
from benchmarks.process import pick_cores
from benchmarks.requestlog.asking import INFER, KINDS, write_pools
from benchmarks.requestlog.scale import Scale
from benchmarks.requestlog.site import ROUTE, SERVICE, Site, canned, gateway
from benchmarks.wrk import burst

MOST = 1.35
_REST = ("supervisor", "control")


@dataclass(slots=True)
class Costs:
    """CPU microseconds per request of each round; `capture` are workers and recorder."""

    worker: list[float] = field(default_factory=list)
    recorder: list[float] = field(default_factory=list)
    keeper: list[float] = field(default_factory=list)
    requests: int = 0
    failed: int = 0

    @property
    def capture(self) -> list[float]:
        """Those of workers and recorder together."""
        return [sum(both) for both in zip(self.worker, self.recorder, strict=True)]

    @property
    def whole(self) -> list[float]:
        """Those with the keeper's too."""
        return [sum(both) for both in zip(self.capture, self.keeper, strict=True)]


def measure(scale: Scale, kinds: Sequence[str] = KINDS) -> Reached:
    """Take turns, and compare."""
    cores = pick_cores(frozenset(os.sched_getaffinity(0)))
    with tempfile.TemporaryDirectory(prefix="gateway-log-") as name, ExitStack() as stack:
        pools = write_pools(Path(name))
        port = stack.enter_context(canned(Path(name) / "nginx", cores.load))
        routing = SERVICE % port + ROUTE
        sites = {
            way: stack.enter_context(gateway(text, workers=1, core=cores.proxy))
            for way, text in {"with": routing, "without": routing + "    log: false\n"}.items()
        }
        costs = {(way, kind): Costs() for way in sites for kind in kinds}
        sent = {way: burst(site.port(), pools[INFER], 1, cores.load).requests for way, site in sites.items()}
        for _ in range(scale.rounds):
            for (way, kind), found in costs.items():
                _round(sites[way], found, pools[kind], scale.round_seconds, cores.load)
        logged = sent["with"] + sum(found.requests for (way, _), found in costs.items() if way == "with")
        return compared(costs, logged - _accounted_for(sites["with"]))


def _accounted_for(site: Site) -> int:
    """Return how many records were written, or dropped and counted."""
    site.told()
    records, dropped = site.counts()
    return records + sum(dropped.values())


def _round(site: Site, costs: Costs, pool: Path, seconds: int, core: int) -> None:
    """Load one gateway, wait until its log is written, then until it is sealed."""
    roles = ("worker", "recorder", "keeper")
    before = {role: site.cpu(role) for role in roles}
    load = burst(site.port(), pool, seconds, core)
    site.drained()
    after = {role: site.cpu(role) for role in roles[:2]}
    if site.report().get("records"):
        site.sealed()
    after["keeper"] = site.cpu("keeper")
    for role in roles:
        getattr(costs, role).append((after[role] - before[role]) / 1e3 / load.requests)
    costs.requests += load.requests
    costs.failed += load.failed


def compared(costs: dict[tuple[str, str], Costs], unlogged: int) -> Reached:
    """Compare the rounds with the log and without, by `(way, kind)`: the median of their ratios.

    `unlogged` are answers, of the way with a log, that it knows nothing of; less than none where it also has
    requests that nobody waited for at the end of a round.
    """
    figures: list[Figure] = []
    body: list[Sequence[str]] = []
    for kind in dict.fromkeys(kind for _, kind in costs):
        one, other = costs["with", kind], costs["without", kind]
        figures += [
            Figure(
                f"{kind}: CPU with the log over without", median_ratio(one.capture, other.capture), " ×", MOST
            ),
            Figure("… sealing included", median_ratio(one.whole, other.whole), " ×"),
        ]
        for way, found in (("with", one), ("without", other)):
            cells = (found.worker, found.recorder, found.capture, found.keeper)
            body.append((kind, way, *(f"{median(cell):.1f}" for cell in cells)))
    head: Sequence[str] = ("request", "log", "workers, µs", "recorder, µs", "both, µs", "keeper, µs")
    requests = sum(found.requests for found in costs.values())
    failed = sum(found.failed for found in costs.values())
    figures.append(Figure("failed", failed, most=0))
    figures.append(Figure("answers neither written nor counted", max(unlogged, 0), most=0))
    return Reached(requests, failed, tuple(figures), tables=((head, body),))


ROWS = (
    Row(
        "cost",
        "What it costs",
        "full logging, bodies too, on one worker at full load",
        "CPU time of workers and recorder per request ≤ 1.35 × without",
        measure,
    ),
)
