"""What was measured on what: without it a figure is worth little."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.contenders import ENVOY, HAPROXY, NGINX, STARLETTE, bench_program
from benchmarks.process import Cores
from gateway.supervision.compiled import compiled_copy, compiled_home


def describe(cores: Cores) -> dict[str, str]:
    """Return the machine and the versions of everything that is compared."""
    return {
        **_machine(),
        "pinning": pinning(cores),
        "python": platform.python_version(),
        **{f"version of {name}": found for name, found in versions().items() if found},
    }


def here() -> dict[str, str]:
    """Return the machine, and how our workers run on it."""
    compiled = compiled_copy(compiled_home()) is not None
    workers = "compiled" if compiled else "plain Python"
    return {**_machine(), "python": platform.python_version(), "workers": workers}


def pinning(cores: Cores) -> str:
    """Say which core did what."""
    if cores.proxy == cores.load:
        return "one core only: proxies, load and upstream share it"
    return f"each proxy on core {cores.proxy}; load and upstream together on core {cores.load}"


def versions() -> Mapping[str, str]:
    """Return each contender's version, "" where it is not installed."""
    envoy = bench_program("envoy", "BENCH_ENVOY")
    return {
        NGINX: _asked(["nginx", "-v"]),
        HAPROXY: _asked(["haproxy", "-v"]),
        ENVOY: _asked([envoy, "--version"]) if envoy else "",
        STARLETTE: ", ".join(
            f"{name} {version(name)}" for name in ("uvicorn", "starlette", "httpx", "uvloop")
        ),
    }


def _asked(command: Sequence[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20)
    except FileNotFoundError:
        return ""
    return first_version(done.stdout + done.stderr)


def first_version(text: str) -> str:
    """Find the first thing that looks like a version in what a program says of itself."""
    found = re.search(r"\d+\.\d+\.\d+", text)
    return found.group() if found else ""


def _machine() -> dict[str, str]:
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{len(os.sched_getaffinity(0))} cores, {_processor()}",
        "kernel": f"Linux {platform.release().split('-')[0]}",
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
