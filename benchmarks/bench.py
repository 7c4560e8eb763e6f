"""`python -m benchmarks.bench`: measures everything in one run and prints the table of targets.

A full run also writes docs/benchmarks.md and its plot; `--only` and `--quick` only print.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import (
    changes,
    cpu,
    latency,
    memory,
    protocol_report,
    protocols,
    report,
    rollback,
    routes,
    validation,
)
from benchmarks.admin import Refused
from benchmarks.contenders import OURS, ROOT, bench_program, contenders
from benchmarks.machine import describe
from benchmarks.process import end_in_order
from benchmarks.rows import rows
from benchmarks.scale import FULL, QUICK, Scale
from benchmarks.stage import Running, Stage, run, run_all, stage
from benchmarks.wire import Broken

PARTS = ("cpu", "latency", *protocols.PARTS, "validation", "rollback", "changes", "memory", "routes")
_SHARED = frozenset({"cpu", "latency"})  # the parts in which all contenders run side by side
_NEEDED = ("wrk", "nginx", "openssl")  # nginx is the upstream of all contenders and sets the pace of latency
_PLOT = "benchmarks.svg"
_FAILURES = (OSError, RuntimeError, Refused, Broken, LookupError, subprocess.SubprocessError)
console = Console()


def main() -> int:
    """Measure, print, keep; returns 1 when a part could not be measured."""
    options = _options()
    if absent := [name for name in _NEEDED if shutil.which(name) is None]:
        console.print(f"The benchmark needs {', '.join(absent)}: `apt install {' '.join(absent)}`")
        return 1
    end_in_order()
    scale = QUICK if options.quick else FULL
    wanted = tuple(options.only.split(",")) if options.only else PARTS
    with stage() as set_up:
        results = measure(set_up, wanted, scale)
    kept = _keep(results)
    _print(results)
    if scale.is_full and set(wanted) == set(PARTS):
        _publish(results, kept)
    return 1 if results["failed"] else 0


def measure(set_up: Stage, wanted: tuple[str, ...], scale: Scale) -> dict[str, Any]:
    """Run the wanted parts; one that fails is noted under "failed" and the others go on."""
    results: dict[str, Any] = {"machine": describe(set_up.cores), "missing": {}, "failed": {}}
    if _SHARED & set(wanted):
        _side_by_side(set_up, wanted, scale, results)
    if chosen := [part for part in protocols.PARTS if part in wanted]:
        _protocols(set_up, chosen, scale, results)
    alone: dict[str, Callable[[], dict[str, Any]]] = {
        "validation": lambda: validation.measure(set_up, scale),
        "rollback": lambda: _with_ours(set_up, rollback.measure, scale),
        "changes": lambda: _with_ours(set_up, changes.measure, scale),
        "memory": lambda: _with_ours(set_up, memory.measure, scale),
        "routes": lambda: routes.measure(set_up, scale),
    }
    for name, part in alone.items():
        if name in wanted:
            _part(name, part, results)
    return results


def _side_by_side(set_up: Stage, wanted: tuple[str, ...], scale: Scale, results: dict[str, Any]) -> None:
    with run_all(set_up, contenders()) as (running, missing):
        results["missing"] = missing
        for name, reason in missing.items():
            console.print(f"{name} is left out: {reason}")
        if "cpu" in wanted:
            _part("cpu", lambda: cpu.measure(set_up, running, scale), results)
        if "latency" in wanted:
            _part("latency", lambda: _latency(set_up, running, scale, results), results)


def _protocols(set_up: Stage, chosen: Sequence[str], scale: Scale, results: dict[str, Any]) -> None:
    console.print(f"measuring {', '.join(chosen)} …")
    try:
        results.update(protocols.measure(set_up, chosen, scale))
    except _FAILURES as failure:
        results["failed"].update(dict.fromkeys(chosen, str(failure)))
        console.print(f"{', '.join(chosen)} could not be measured: {failure}", markup=False)


def _latency(set_up: Stage, running: list[Running], scale: Scale, results: dict[str, Any]) -> dict[str, Any]:
    peak = cpu.known_peak(results.get("cpu")) or cpu.nginx_peak(set_up, running, scale.seconds)
    return latency.measure(set_up, running, peak / 2, scale)


def _with_ours(
    set_up: Stage, part: Callable[[Stage, Running, Scale], dict[str, Any]], scale: Scale
) -> dict[str, Any]:
    ours = next(one for one in contenders() if one.name == OURS)
    if reason := ours.missing():
        raise LookupError(reason)
    with run(ours, set_up.site(part.__module__), set_up.cores.proxy, set_up.requests[0]) as gateway:
        return part(set_up, gateway, scale)


def _part(name: str, part: Callable[[], dict[str, Any]], results: dict[str, Any]) -> None:
    console.print(f"measuring {name} …")
    try:
        results[name] = part()
    except _FAILURES as failure:
        results["failed"][name] = str(failure)
        console.print(f"{name} could not be measured: {failure}", markup=False)


def _keep(results: dict[str, Any]) -> Path:
    if {"cpu", "latency"} <= results.keys():
        results["drawn"] = report.drawn(results)
    folder = ROOT / "benchmarks" / "results"
    folder.mkdir(exist_ok=True)
    file = folder / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
    file.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")
    return file


def _print(results: dict[str, Any]) -> None:
    for title, table in _tables(results):
        head, body = table
        shown = Table(*head, title=title, title_justify="left")
        for line in body:
            shown.add_row(*line)
        console.print(shown)
    for sentence in report.sentences(results):
        console.print(f"- {sentence}", highlight=False)


def _tables(results: dict[str, Any]) -> list[tuple[str, report.Table]]:
    found = [("Targets", report.targets(rows(results)))]
    if "cpu" in results:
        found.insert(0, ("CPU time per request", report.cpu(results)))
    if "latency" in results:
        found.insert(-1, ("Latency at half of nginx's peak rate", report.latency(results)))
    if protocol_report.measured(results):
        found.insert(-1, ("Bodies, streams, TLS and WebSockets", protocol_report.table(results)))
    return found


def _publish(results: dict[str, Any], kept: Path) -> None:
    docs = ROOT / "docs"
    if not {"cpu", "latency"} <= results.keys():
        console.print("docs/benchmarks.md is left as it was: a part could not be measured")
        return
    docs.joinpath("benchmarks.md").write_text(report.document(results, rows(results), _PLOT))
    readme = ROOT / "README.md"
    readme.write_text(report.readme(readme.read_text(), results, rows(results)))
    python = bench_program("python", "BENCH_PYTHON") or sys.executable
    command = [python, str(ROOT / "benchmarks" / "plot.py"), str(kept), str(docs / _PLOT)]
    drawn = subprocess.run(command, capture_output=True, text=True, timeout=120)
    if drawn.returncode:
        console.print(
            f"no plot: {drawn.stderr.strip()[-300:]} (`make bench` prepares .venv-bench)", markup=False
        )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench", description=__doc__)
    parser.add_argument("--only", metavar="PARTS", help=f"a comma-separated choice of: {', '.join(PARTS)}")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds, for a first look")
    options = parser.parse_args()
    unknown = set((options.only or PARTS[0]).split(",")) - set(PARTS)
    if unknown:
        parser.error(f"unknown part: {', '.join(sorted(unknown))}; choose from {', '.join(PARTS)}")
    return options


if __name__ == "__main__":
    sys.exit(main())
