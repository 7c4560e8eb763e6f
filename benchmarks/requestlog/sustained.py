"""A high constant rate, with bodies, seals and watching: is every record there, and what does it take?"""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path

from benchmarks.measured.row import Figure, Reached, Row
from benchmarks.requestlog.asking import INFER, write_pools
from benchmarks.requestlog.load import pace
from benchmarks.requestlog.scale import Scale
from benchmarks.requestlog.site import ROUTE, SERVICE, canned, gateway


def measure(scale: Scale) -> Reached:
    """Send predictions for so long, then seal, and count."""
    with tempfile.TemporaryDirectory(prefix="gateway-log-") as name, ExitStack() as stack:
        pool = write_pools(Path(name))[INFER]
        port = stack.enter_context(canned(Path(name) / "nginx"))
        site = stack.enter_context(gateway(SERVICE % port + ROUTE))
        site.told()
        before = site.counts()[0]
        cpu = {role: site.cpu(role) for role in ("worker", "recorder", "keeper")}
        with pace(site.port(), pool, scale.rate, scale.sustain) as load:
            found = load.result()
        site.told()
        site.sealed()
        records, dropped = site.counts()
        stored = int(site.verb("query", "SELECT count(*) FROM requests", "--format", "csv").split()[-1])
        used = {role: (site.cpu(role) - then) / 1e9 / scale.sustain for role, then in cpu.items()}
    figures = (
        Figure("sent a second", found.answered / scale.sustain, "", least=0.99 * scale.rate),
        Figure("dropped", sum(dropped.values()), most=0),
        Figure("records less than answers", found.answered - (records - before), most=0),
        Figure("of them found by a query less", found.answered - stored, most=0),
        Figure("p50", found.p50 * 1e3, " ms"),
        Figure("p99", found.p99 * 1e3, " ms"),
        *(
            Figure(f"cores that {role}s took" if role == "worker" else f"the {role}", part)
            for role, part in used.items()
        ),
    )
    return Reached(found.answered, 0, figures)


ROWS = (
    Row(
        "sustained",
        "What it bears",
        "20,000 predictions a second through two workers for a minute, bodies logged and sealed; load and "
        "upstream share the two cores",
        "0 dropped, every answer found by a query",
        measure,
    ),
)
