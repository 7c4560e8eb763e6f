"""`python -m benchmarks.prove`: runs every simulation, prints, and writes docs/rollout-statistics.md.

`--quick` runs few of each and writes nothing. Returns 1 when something is rarer or commoner than it may be.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from multiprocessing import Pool

from numpy.random import default_rng
from rich.console import Console

from benchmarks.contenders import ROOT
from benchmarks.prove.cases import ALIKE, SAME, TOO_BAD
from benchmarks.prove.curves import pictures
from benchmarks.prove.ladder import RUNGS, Rung
from benchmarks.prove.page import Results, document, sections, with_results
from benchmarks.prove.scenarios import Found, Row, Scenario

GROUPS: dict[str, tuple[Scenario | Rung, ...]] = {
    "same": SAME,
    "too bad": TOO_BAD,
    "alike": ALIKE,
    "ladder": RUNGS,
}
SEED = 20_261_121
_CHUNK = 25
_QUICKER = 20
PAGE = ROOT / "docs" / "rollout-statistics.md"
Task = tuple[str, int, int, int]
"""Group, place in it, first run and number of runs."""
console = Console()


def main() -> int:
    """Run everything on all processors, print, and write the page after a full run."""
    options = _options()
    began = time.monotonic()
    results = run_all(_QUICKER if options.quick else 1, options.processes)
    seconds = time.monotonic() - began
    for section in sections(results, seconds):
        console.print(section, markup=False, soft_wrap=True)
    _keep(results, seconds)
    if not options.quick:
        PAGE.write_text(with_results(PAGE.read_text("utf-8"), results, seconds), encoding="utf-8")
        for name, picture in pictures(results, SEED).items():
            (ROOT / "docs" / name).write_text(picture, encoding="utf-8")
    missed = [row.scenario.name for row in (*results.same, *results.too_bad) if not row.is_met]
    for name in missed:
        console.print(f"beyond its bound: {name}", markup=False)
    return 1 if missed else 0


def run_all(quicker: int, processes: int) -> Results:
    """Run every scenario and rung, `quicker` times fewer runs of each."""
    found: dict[tuple[str, int], dict[int, tuple[Found, ...]]] = {}
    tasks = list(_tasks(quicker))
    with Pool(processes) as pool:
        for (group, place, first, _), some in pool.imap_unordered(run_task, tasks):
            found.setdefault((group, place), {})[first] = some

    def of(group: str, place: int) -> tuple[Found, ...]:
        parts = found[group, place]
        return tuple(one for first in sorted(parts) for one in parts[first])

    return Results(
        same=tuple(Row(one, of("same", place)) for place, one in enumerate(SAME)),
        too_bad=tuple(Row(one, of("too bad", place)) for place, one in enumerate(TOO_BAD)),
        alike=tuple(Row(one, of("alike", place)) for place, one in enumerate(ALIKE)),
        ladder=tuple((one, of("ladder", place)) for place, one in enumerate(RUNGS)),
    )


def run_task(task: Task) -> tuple[Task, tuple[Found, ...]]:
    """Run some runs of one scenario or rung; each has a seed of its own, so the order does not matter."""
    group, place, first, count = task
    one = GROUPS[group][place]
    kind = list(GROUPS).index(group)
    return task, tuple(
        one.run(default_rng([SEED, kind, place, number])) for number in range(first, first + count)
    )


def _tasks(quicker: int) -> Iterator[Task]:
    for group, members in GROUPS.items():
        for place, one in enumerate(members):
            runs = max(one.runs // quicker, 10)
            for first in range(0, runs, _CHUNK):
                yield group, place, first, min(_CHUNK, runs - first)


def _keep(results: Results, seconds: float) -> None:
    folder = ROOT / "benchmarks" / "results"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"prove-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
    file.write_text(json.dumps(document(results, seconds), indent=1, ensure_ascii=False) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.prove", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few runs of each, for a first look")
    parser.add_argument(
        "--processes", type=int, default=len(os.sched_getaffinity(0)), help="at the same time"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
