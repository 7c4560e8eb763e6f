"""`python -m benchmarks.detectors`: runs every stream, prints, and writes docs/detectors.md.

`--quick` runs few streams and writes nothing. Returns 1 when ours alarms more often than it may.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Mapping, Sequence

from rich.console import Console

from benchmarks.contenders import ROOT
from benchmarks.detectors.page import BEGIN, END, Results, sections, with_part
from benchmarks.detectors.rivals import OF_DAYS, RIVALS, Alarms
from benchmarks.detectors.streams import SPELLS, STORMY, TEXTBOOK, Case, Streams
from benchmarks.detectors.trial import Found, ours, run

PAGE = ROOT / "docs" / "detectors.md"
OURS = "ours"
console = Console()


def main() -> int:
    """Run everything, print, and write the page after a full run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.detectors", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few streams of each, for a first look")
    options = parser.parse_args()
    began = time.monotonic()
    results = run_all(20 if options.quick else 200)
    lines = sections(results, time.monotonic() - began)
    for line in lines:
        console.print(line, markup=False, soft_wrap=True)
    if not options.quick:
        PAGE.write_text(with_part(PAGE.read_text("utf-8"), BEGIN, END, lines), encoding="utf-8")
    for name in results.missed:
        console.print(f"more false alarms than stated: {name}", markup=False)
    return 1 if results.missed else 0


def run_all(streams: int) -> Results:
    """Run every case so many times; those in which nothing happens five times as often for ours."""
    return Results(
        _beside(TEXTBOOK, RIVALS, streams),
        _beside(STORMY, OF_DAYS, streams),
        [run(case, ours(case), 2 * streams) for case in SPELLS],
    )


def _beside(
    cases: Sequence[Case], rivals: Mapping[str, Callable[[Streams], Alarms]], streams: int
) -> dict[str, list[Found]]:
    found = {OURS: [run(case, ours(case), streams * (1 if case.change else 5)) for case in cases]}
    return found | {name: [run(case, rival, streams) for case in cases] for name, rival in rivals.items()}


if __name__ == "__main__":
    sys.exit(main())
