"""The log's disk is full for a while: is traffic unharmed, is every drop counted, does the log go on?"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.measured.row import Figure, Reached, Row
from benchmarks.process import wait_until
from benchmarks.requestlog.asking import INFER, write_pools
from benchmarks.requestlog.load import pace
from benchmarks.requestlog.scale import Scale
from benchmarks.requestlog.site import LONG, ROUTE, SERVICE, Site, canned, gateway

RATE = 1_000.0
_BEFORE, _AFTER = 1.5, 4.0
"""Seconds of load before the disk is filled, and from then on but for those that it is full."""
_REASON = "disk_full"


def missing() -> str:
    """Say why a small file system cannot be made here."""
    if os.geteuid():
        return "a small file system can be mounted by root only"
    return "" if shutil.which("mount") else "mount is not installed"


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """Mount a file system of so many megabytes; raises OSError where that is not allowed."""
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=700", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise OSError(f"mount: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def measure(scale: Scale) -> Reached:
    """Fill the disk to the brim under load, make room again, and count."""
    with tempfile.TemporaryDirectory(prefix="gateway-log-") as name, ExitStack() as stack:
        pool = write_pools(Path(name))[INFER]
        port = stack.enter_context(canned(Path(name) / "nginx"))
        disk = stack.enter_context(small_disk(Path(name) / "disk", scale.disk))
        site = stack.enter_context(gateway(SERVICE % port + ROUTE, state=disk / "state"))
        site.told()
        before = site.counts()[0]
        with pace(site.port(), pool, RATE, _BEFORE + scale.full + _AFTER) as load:
            time.sleep(_BEFORE)
            said = _full_for_a_while(site, disk, scale.full)
            found = load.result()
        site.told()
        records, dropped = site.counts()
        state = str(site.report()["state"])
        query = f"SELECT coalesce(sum(records), 0) FROM gaps WHERE reason = '{_REASON}'"
        gaps = int(site.verb("query", query, "--format", "csv").split()[-1])
        stored = int(site.verb("query", "SELECT count(*) FROM requests", "--format", "csv").split()[-1])
    lost = sum(dropped.values())
    figures = (
        Figure("dropped", lost, least=1),
        Figure(
            "answers neither written nor counted", found.answered - (records - before) - lost, most=0, least=0
        ),
        Figure("records that no query finds", records - stored, most=0, least=0),
        Figure("dropped less those in the view gaps", lost - gaps, most=0, least=0),
        Figure("status said so (1: yes)", float(_REASON in said[0] or "disk full" in said[0]), least=1),
        Figure("/metrics said so (1: yes)", float(_REASON in said[1]), least=1),
        Figure("writes again by itself (1: yes)", float(state == "recording"), least=1),
        Figure("p99", found.p99 * 1e3, " ms"),
    )
    return Reached(found.answered, 0, figures, notes=(f"`gateway status` said: {_line(said[0])}",))


def _full_for_a_while(site: Site, disk: Path, seconds: float) -> tuple[str, str]:
    """Fill the disk, hear what the gateway says of it, and make room; returns status and metrics."""
    filler = disk / "filler"
    _fill(filler)
    wait_until(lambda: site.report().get("state") == "dropping", LONG, "the recorder drops records")
    time.sleep(seconds)
    status = site.verb("status")
    with urllib.request.urlopen(f"http://127.0.0.1:{site.port('admin')}/metrics", timeout=10) as answer:
        metrics = answer.read().decode()
    filler.unlink()
    return status, metrics


def _fill(path: Path) -> None:
    """Write until there is no room for one more byte."""
    piece = bytes(64 * 1024)
    with path.open("wb", buffering=0) as file:
        while piece:
            try:
                file.write(piece)
            except OSError:
                piece = piece[: len(piece) // 2]


def _line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if "disk full" in line), "nothing of it")


ROWS = (
    Row(
        "disk",
        "What it survives",
        "its disk full to the last byte for five seconds, 1,000 requests a second",
        "0 failed; records + dropped = answers; told in status, /metrics, the view gaps; goes on by itself",
        measure,
        missing,
    ),
)
