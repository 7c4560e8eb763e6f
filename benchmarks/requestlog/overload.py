"""Far more answers than the recorder takes, as it is stopped: are all drops counted, is traffic unharmed?"""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

from benchmarks.figures import median_ratio
from benchmarks.measured.row import Figure, Reached, Row
from benchmarks.requestlog.asking import INFER, write_pools
from benchmarks.requestlog.load import Paced, pace
from benchmarks.requestlog.scale import Scale
from benchmarks.requestlog.site import ROUTE, SERVICE, Site, canned, gateway

RATE = 5_000.0
"""Requests a second: what two cores bear beside their other work, so that latency means something."""
_SMALL = "log: {buffer: 1MiB}\n"


def measure(scale: Scale) -> Reached:
    """Stop the recorder, take turns with a gateway that does not log, then let the recorder go on."""
    with tempfile.TemporaryDirectory(prefix="gateway-log-") as name, ExitStack() as stack:
        pool = write_pools(Path(name))[INFER]
        port = stack.enter_context(canned(Path(name) / "nginx"))
        routing = SERVICE % port + ROUTE
        site = stack.enter_context(gateway(_SMALL + routing))
        bare = stack.enter_context(gateway(routing + "    log: false\n"))
        site.told()
        before = site.counts()[0]
        stopped, without = [], []
        with _stopped(site):
            for _ in range(scale.overload):
                without.append(_load(bare, pool))
                stopped.append(_load(site, pool))
        site.told()
        return _reached(site, before, stopped, without)


def _load(site: Site, pool: Path) -> Paced:
    with pace(site.port(), pool, RATE, 1) as load:
        return load.result()


@contextmanager
def _stopped(site: Site) -> Iterator[None]:
    """Stop the recorder as long as the block goes on."""
    pid = site.pid("recorder")
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def _reached(site: Site, before: int, stopped: list[Paced], without: list[Paced]) -> Reached:
    records, dropped = site.counts()
    written = records - before
    answered = sum(one.answered for one in stopped)
    gaps = site.verb("query", "SELECT coalesce(sum(records), 0) FROM gaps", "--format", "csv").split()[-1]
    late = median_ratio([one.p99 for one in stopped], [one.p99 for one in without])
    figures = (
        Figure("answers over records written", answered / max(written, 1), " ×", least=10),
        Figure("dropped", sum(dropped.values())),
        Figure("answers neither written nor counted", answered - written - sum(dropped.values()), most=0),
        Figure("dropped less those in the view gaps", sum(dropped.values()) - int(gaps), most=0, least=0),
        Figure("p99 over that without a log", late, " ×", most=1.2),
        Figure("p99", median(one.p99 for one in stopped) * 1e3, " ms"),
        Figure("without a log", median(one.p99 for one in without) * 1e3, " ms"),
        Figure("p50", median(one.p50 for one in stopped) * 1e3, " ms"),
        Figure("without a log", median(one.p50 for one in without) * 1e3, " ms"),
    )
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in dropped.items() if count)
    return Reached(answered, 0, figures, notes=(f"dropped, by reason: {reasons or 'none'}",))


ROWS = (
    Row(
        "overload",
        "What it bears",
        "the recorder stopped (SIGSTOP) behind 1 MiB of memory, under load",
        "records + dropped = answers, exactly; 0 failed; p99 ≤ 1.2 × without a log",
        measure,
    ),
)
