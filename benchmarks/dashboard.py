"""The dashboard with real traffic in a real browser: how soon it is there, what half an hour of it costs, and
how many clicks a person needs.

    python -m benchmarks.dashboard [--minutes 30] [--out docs/dashboard-measured.md]

The minutes are real ones: pages with live parts stay open while a gateway answers 40 questions a second.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, CDPSession, Page

from benchmarks.dashboard_errands import ERRANDS, Errand, run
from tests.browser.stage import Site, Stage

LIVE = ("/", "/routes/late/rollout", "/routes/late/weights", "/models")
LOG = ("/requests", "/sql", "/models/late", "/audit")
OTHERS = ("/try", "/try/late", "/history", "/history/1", "/tokens", "/login")
PAGES = (*LIVE, *LOG, *OTHERS)
VISITS = 11
MOST_PAINT_MS = 200.0
MOST_GROWTH_BYTES = 1_000_000
MOST_GROWTH_NODES = 100
PAINT = """new Promise((resolve) => new PerformanceObserver((list) =>
  resolve(list.getEntries()[0].startTime)).observe({ type: 'paint', buffered: true }))"""


@dataclass(frozen=True, slots=True)
class Held:
    """What a page holds at a minute once what is not needed is gone: bytes of heap, nodes of the document."""

    minute: int
    heap: int
    nodes: int


def painted(browser: Browser, site: Site, path: str) -> float:
    """Return the median of the milliseconds until a page first shows something, nothing of it cached."""
    times = []
    for _ in range(VISITS):
        with browser.new_context(base_url=site.url) as context:
            page = context.new_page()
            page.goto(path)
            times.append(float(page.evaluate(PAINT)))
    return median(times)


def held(session: CDPSession, minute: int) -> Held:
    """Return what a page holds now."""
    session.send("HeapProfiler.collectGarbage")
    found = {one["name"]: int(one["value"]) for one in session.send("Performance.getMetrics")["metrics"]}
    return Held(minute, found["JSHeapUsedSize"], found["Nodes"])


def watched(browser: Browser, site: Site, minutes: int, tell: Callable[[str], None]) -> dict[str, list[Held]]:
    """Return what each live page held, minute by minute, all of them open at once."""
    with browser.new_context(base_url=site.url) as context:
        pages = {path: _opened(context.new_page(), path) for path in LIVE}
        sessions = {path: context.new_cdp_session(page) for path, page in pages.items()}
        for session in sessions.values():
            session.send("Performance.enable")
        found: dict[str, list[Held]] = {path: [] for path in LIVE}
        started = time.monotonic()
        for minute in range(minutes + 1):
            pages[LIVE[0]].wait_for_timeout(max(0.0, started + 60 * minute - time.monotonic()) * 1000)
            for path, session in sessions.items():
                found[path].append(held(session, minute))
            tell(
                f"minute {minute}: " + ", ".join(f"{path} {all_[-1].heap:,}" for path, all_ in found.items())
            )
    return found


def _opened(page: Page, path: str) -> Page:
    """Show a page with whatever can be unfolded on it unfolded, charts above all."""
    page.goto(path)
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    return page


def growth(course: Sequence[Held]) -> tuple[int, int]:
    """Return bytes and nodes that the second half cost: its last third's median over its first third's."""
    half = course[len(course) // 2 :]
    third = max(1, len(half) // 3)
    bytes_ = median(one.heap for one in half[-third:]) - median(one.heap for one in half[:third])
    nodes = median(one.nodes for one in half[-third:]) - median(one.nodes for one in half[:third])
    return int(bytes_), int(nodes)


def written(paints: dict[str, float], errands: Sequence[Errand], held_: dict[str, list[Held]]) -> str:
    """Return the page of documentation."""
    minutes = max(len(course) - 1 for course in held_.values())
    lines = [
        "# The dashboard, measured",
        "",
        "Written by `make dashboard`: a gateway with three models and 40 questions a second, and a Chromium",
        "without a screen, all on the same two cores.",
        "",
        f"| page | first paint, ms, median of {VISITS} visits with an empty cache |",
        "| --- | --- |",
        *(f"| {path} | {found:.0f} |" for path, found in paints.items()),
        "",
        "| what a person wants | clicks | fields filled | seconds |",
        "| --- | --- | --- | --- |",
        *(f"| {one.name} | {one.clicks} | {one.fields} | {one.seconds:.1f} |" for one in errands),
        "",
        "The seconds are those of a script that never has to look; a person adds the time for that.",
        "",
        f"| page, open for {minutes} real minutes, everything unfolded | heap at first, MB | at half"
        " | at the end | growth of the second half, bytes | nodes |",
        "| --- | --- | --- | --- | --- | --- |",
        *(_row(path, course) for path, course in held_.items()),
        "",
    ]
    return "\n".join(lines)


def _row(path: str, course: Sequence[Held]) -> str:
    heap, nodes = growth(course)
    shown = (course[0], course[len(course) // 2], course[-1])
    return (
        f"| {path} | " + " | ".join(f"{one.heap / 1e6:.2f}" for one in shown) + f" | {heap:,} | {nodes:+} |"
    )


def main() -> int:
    """Measure; exit status 1 where a limit is not kept."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=int, default=30)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    stage = Stage()
    try:
        browser, site = stage.browser(), stage.site()
        paints = {path: painted(browser, site, path) for path in PAGES}
        errands = [run(browser, site, name, errand) for name, errand in ERRANDS.items()]
        held_ = watched(browser, site, asked.minutes, lambda text: print(text, file=sys.stderr, flush=True))
    finally:
        stage.close()
    text = written(paints, errands, held_)
    print(text)
    if asked.out is not None:
        asked.out.write_text(text)
    grown = [growth(course) for course in held_.values()]
    kept = all(bytes_ < MOST_GROWTH_BYTES and nodes < MOST_GROWTH_NODES for bytes_, nodes in grown)
    return 0 if kept and max(paints.values()) < MOST_PAINT_MS else 1


if __name__ == "__main__":
    sys.exit(main())
