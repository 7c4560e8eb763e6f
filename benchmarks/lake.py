"""Five everyday questions to ten million records: how long each takes, and how much memory.

    python -m benchmarks.lake [--records 10000000] [--days 14] [--folder .lake]

The records are made first unless the folder has them, which takes some minutes; `rm -r` it to have them anew.
Each question is asked as `gateway query` asks it: a new connection each time, 512 MB, two threads.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from benchmarks.lake_records import make
from gateway.requestlog.catalog import visible
from gateway.requestlog.lake import connect
from gateway.requestlog.places import LogPlaces
from gateway.requestlog.policy import LabelPolicy
from gateway.requestlog.query import run

ROUNDS = 5
MOST_SECONDS = 1.0
MOST_BYTES = 10**9
POLICIES = {"late": LabelPolicy(output="late_probability")}
QUESTIONS = {
    "p99 by version, last hour": (
        "SELECT version, count(*), quantile_cont(latency_ms, .99) FROM requests "
        "WHERE ts > now() - INTERVAL 1 hour GROUP BY 1"
    ),
    "errors per minute, all days": (
        "SELECT date_trunc('minute', ts) AS minute, count(*) FILTER (status >= 500) / count(*) AS errors "
        "FROM requests GROUP BY 1 ORDER BY 1"
    ),
    "mean prediction by version and day": (
        "SELECT date_trunc('day', ts) AS day, version, avg(late_probability) FROM predictions "
        "GROUP BY 1, 2 ORDER BY 1, 2"
    ),
    "histogram of an input by version": (
        "SELECT version, floor(distance / 250) * 250 AS miles, count(*) FROM predictions "
        "GROUP BY 1, 2 ORDER BY 1, 2"
    ),
    "accuracy by week, joined with labels": (
        "SELECT date_trunc('week', p.ts) AS week, p.version, avg((p.late = (l.value = 1))::INTEGER) AS right "
        "FROM predictions p JOIN labels l ON l.id = p.id AND l.row = p.row GROUP BY 1, 2 ORDER BY 1, 2"
    ),
}


@dataclass(frozen=True, slots=True)
class Timed:
    """One question: its rows, the seconds of each round, connecting included, and CPU seconds of one."""

    name: str
    rows: int
    seconds: list[float]
    cpu: float


def ask(places: LogPlaces, name: str, sql: str) -> Timed:
    """Ask one question several times."""
    seconds = []
    rows = 0
    cpu = time.process_time()
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        with connect(places, policies=POLICIES, wanted=sql) as lake:
            rows = len(run(lake, sql).rows)
        seconds.append(time.perf_counter() - begun)
    return Timed(name, rows, seconds, (time.process_time() - cpu) / ROUNDS)


def report(places: LogPlaces) -> bool:
    """Ask everything, print a table, and tell whether all of it is within the limits."""
    catalog = visible(places)
    with connect(places, wanted="labels") as lake:
        for view in ("requests", "predictions", "labels"):
            size = sum(file.path.stat().st_size for file in catalog.of(view)) / 2**20
            count = run(lake, f"SELECT count(*) FROM {view}").rows[0][0]
            print(f"{count:>12,} {view}" + (f" in {size:,.0f} MiB" if size else ""))
    print(f"\n{'question':<40}{'rows':>8}{'median s':>10}{'worst s':>10}{'CPU s':>10}")
    found = [ask(places, name, sql) for name, sql in QUESTIONS.items()]
    for one in found:
        middle, worst = median(one.seconds), max(one.seconds)
        print(f"{one.name:<40}{one.rows:>8,}{middle:>10.3f}{worst:>10.3f}{one.cpu:>10.3f}")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(f"\npeak memory of this process: {memory / 1e6:,.0f} MB")
    return all(median(one.seconds) < MOST_SECONDS for one in found) and memory < MOST_BYTES


def main() -> int:
    """Make the records where they are missing, then ask."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=10_000_000)
    parser.add_argument("--days", type=int, default=14)
    parser.add_argument("--folder", type=Path, default=Path(".lake"))
    parser.add_argument("--only-make", action="store_true", help="make the records, ask nothing")
    asked = parser.parse_args()
    places = LogPlaces(asked.folder)
    if asked.only_make:
        begun, last = time.process_time(), ""
        for last in make(places, asked.records, asked.days, datetime.now(UTC)):
            print(last, end="\r", flush=True)
        cpu = (time.process_time() - begun) / asked.records
        print(f"made, sealed and merged: {cpu * 1e6:.1f} µs of CPU for each record")
        return 0
    if not places.requests.exists():  # by another process, whose memory does not count
        subprocess.run([sys.executable, "-m", "benchmarks.lake", *sys.argv[1:], "--only-make"], check=True)
    return 0 if report(places) else 1


if __name__ == "__main__":
    sys.exit(main())
