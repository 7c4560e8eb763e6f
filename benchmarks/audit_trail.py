"""What the audit trail costs, for docs/audit.md: an entry, signing, verifying.

python -m benchmarks.audit_trail [ENTRIES]
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from gateway.audit.event import Event
from gateway.audit.keys import Key
from gateway.audit.seal import seal
from gateway.audit.trail import Trail
from gateway.audit.verify import verify
from gateway.routing.audited import compared
from gateway.routing.parse import parse
from gateway.routing.plan import RoutingPlan
from gateway.routing.shares import set_shares

ENTRIES, DURABLE = 21_600, 500
ROUTING = """\
services: {blue: {url: http://127.0.0.1:9001}, canary: {url: http://127.0.0.1:9002}}
routes: [{name: late, path: /, stable: blue, weights: {blue: 75, canary: 25}}]
"""


def main(entries: int) -> None:
    """Measure in a folder beside this project, so on its disk; print a line for each figure."""
    folder = Path(tempfile.mkdtemp(prefix=".audit-bench-", dir=Path.cwd()))
    try:
        (folder / "run").mkdir()
        trail, key = Trail(folder / "audit"), Key(b"0" * 32)
        before = parse(ROUTING, model_exists=lambda _: None)
        after = set_shares(before, {"canary": 50})
        event = _event(before, after)
        _told("an entry that is on the disk", [_timed(lambda: trail.record(event)) for _ in range(DURABLE)])
        rest = range(entries - DURABLE)
        _told(
            "an entry without waiting for it",
            [_timed(lambda: trail.record(event, durable=False)) for _ in rest],
        )
        _told("comparing the two plans", [_timed(lambda: _event(before, after)) for _ in range(DURABLE)])
        print(f"signing {entries:,} entries: {_timed(lambda: seal(folder / 'audit', key)):.2f} s")
        print(f"verifying {entries:,} entries: {_timed(lambda: verify(folder / 'audit', key)):.2f} s")
        assert verify(folder / "audit", key).signed == entries
    finally:
        shutil.rmtree(folder)


def _event(before: RoutingPlan, after: RoutingPlan) -> Event:
    was, now, route = compared(before, after)
    return Event("set-weight", "cli:ann", "uid 1000 on /dev/pts/3", route, was, now, "looks good")


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _told(what: str, seconds: list[float]) -> None:
    worst = statistics.quantiles(seconds, n=100)[98]
    print(f"{what}: median {statistics.median(seconds) * 1e3:.3f} ms, p99 {worst * 1e3:.3f} ms")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ENTRIES)
