"""The machine and the processes of a gateway, from /proc and the interpreter: numbers and names only.

No command lines and no environments: people put passwords there.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from gateway import __version__
from gateway.control.readings import iso_time
from gateway.control.status.observation import Listed, read_running
from gateway.monitoring.proc import state_of
from gateway.routing.places import Places

_STATUS = (
    "State",
    "Threads",
    "VmRSS",
    "VmHWM",
    "VmSwap",
    "voluntary_ctxt_switches",
    "nonvoluntary_ctxt_switches",
)
_MEMORY = ("MemTotal", "MemAvailable", "SwapTotal", "SwapFree", "Shmem")


def processes(places: Places) -> list[dict[str, Any]]:
    """Return each process that the supervisor keeps, as the kernel sees it."""
    return [_process(one) for one in read_running(places).processes]


def _process(listed: Listed) -> dict[str, Any]:
    found: dict[str, Any] = {
        "role": listed.role,
        "service": listed.service,
        "number": listed.number,
        "pid": listed.pid,
        "restarts": listed.restarts,
        "draining": listed.is_draining,
    }
    state = state_of(listed.pid)
    if state is None:
        return {**found, "runs": False}
    proc = Path(f"/proc/{listed.pid}")
    return {
        **found,
        "runs": not state.is_dead,
        "age_seconds": round(state.age, 1),
        "cpu_seconds": state.cpu,
        "open_files": _unless_gone(lambda: len(os.listdir(proc / "fd"))),
        "limits": _unless_gone(lambda: _limits(proc)),
        **(_unless_gone(lambda: _fields(proc / "status", _STATUS)) or {}),
    }


def _unless_gone(read: Any) -> Any:
    """Return what is read, or why it cannot be: the process may have ended, or be another user's."""
    try:
        return read()
    except OSError as error:
        return {"unknown": error.strerror}


def _limits(proc: Path) -> dict[str, str]:
    """Return the soft limits that are ever met: open files, processes, memory that is locked or mapped."""
    wanted = (
        "Max open files",
        "Max processes",
        "Max locked memory",
        "Max address space",
        "Max core file size",
    )
    lines = (proc / "limits").read_text().splitlines()
    return {name: line[len(name) :].split()[0] for line in lines for name in wanted if line.startswith(name)}


def _fields(file: Path, names: Iterable[str]) -> dict[str, str]:
    pairs = (line.partition(":") for line in file.read_text(errors="replace").splitlines())
    found = {name: " ".join(value.split()) for name, _, value in pairs}
    return {name: found[name] for name in names if name in found}


def system(places: Places) -> dict[str, Any]:
    """Return the machine: kernel, processors, load, memory, room on disks, clocks."""
    uname = os.uname()
    return {
        "kernel": f"{uname.sysname} {uname.release} {uname.version} {uname.machine}",
        "cpus": os.cpu_count(),
        "cpus_allowed": len(os.sched_getaffinity(0)),
        "cgroup": _cgroup(),
        "load": os.getloadavg(),
        "memory": _fields(Path("/proc/meminfo"), _MEMORY),
        "disks": {
            name: _room(path) for name, path in (("state", places.state), ("memory", places.run.resolve()))
        },
        "clock": {
            "utc": datetime.now(UTC).isoformat(),
            "zone": time.tzname,
            "monotonic": time.monotonic(),
            "boot": time.clock_gettime(time.CLOCK_BOOTTIME),
        },
    }


def _cgroup() -> dict[str, str]:
    """Return what a container may use, as far as it is told."""
    found = {}
    for name in ("cpu.max", "memory.max", "memory.current", "pids.max"):
        try:
            found[name] = Path("/sys/fs/cgroup", name).read_text().strip()
        except OSError:
            continue  # another version of control groups, or none
    return found


def _room(path: Path) -> dict[str, int] | str:
    try:
        usage, nodes = shutil.disk_usage(path), os.statvfs(path)
    except OSError as error:
        return f"unknown: {error.strerror}"
    return {"total": usage.total, "free": usage.free, "files_free": nodes.f_favail}


def versions() -> dict[str, Any]:
    """Return which gateway, interpreter and packages these are."""
    packages = {found.metadata["Name"] or "?": found.version for found in distributions()}
    return {
        "gateway": __version__,
        "python": sys.version,
        "implementation": platform.python_implementation(),
        "libc": " ".join(platform.libc_ver()),
        "packages": dict(sorted(packages.items(), key=lambda item: item[0].lower())),
    }


def sizes(folder: Path) -> dict[str, dict[str, int]]:
    """Return bytes and files of each folder below one; names of files are not needed."""
    found: dict[str, dict[str, int]] = {}
    for where, _, names in os.walk(folder):
        entry = found.setdefault(os.path.relpath(where, folder), {"files": 0, "bytes": 0})
        for name in names:
            try:
                entry["bytes"] += os.stat(os.path.join(where, name)).st_size
            except FileNotFoundError:
                continue  # sealed or removed meanwhile
            entry["files"] += 1
    return found


def listed(folder: Path) -> list[dict[str, Any]]:
    """Return what lies in a folder, nothing where it does not exist; no content."""
    try:
        paths = sorted(folder.iterdir())
    except FileNotFoundError:
        return []
    return [found for path in paths if (found := _listed(path)) is not None]


def _listed(path: Path) -> dict[str, Any] | None:
    try:
        about = path.lstat()
    except FileNotFoundError:
        return None  # replaced or removed since it was listed, as files of a gateway that works are
    when = iso_time(about.st_mtime)
    return {"name": path.name, "bytes": about.st_size, "mode": oct(about.st_mode), "changed": when}
