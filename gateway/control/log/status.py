"""How the request log does, as `status` shows it: what its processes said last, and what is on the disk."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gateway.control.status.observation import Observation
from gateway.requestlog.sinks.standing import Standing
from gateway.routing.places import Places

SILENT_AFTER = 3.0
"""Seconds after which a process that says something each second counts as hung."""
BEHIND_AFTER = 60.0
"""Seconds for which records may wait for a sink before that is worth a warning."""
TOLD = ("recording", "off", "stopped", "down")
"""States without a sentence of their own: all is well, or the one of the process says it."""


def log_state(places: Places, seen: Observation, now: float) -> dict[str, Any]:
    """Return the state of the request log; `now` is in seconds of CLOCK_MONOTONIC.

    `state` is what the recorder said, else `off` (no route is logged), `stopped` (no gateway runs), or
    `down` where it says nothing. Bytes and files are those on the disk, counts those since `gateway up`.
    """
    said = read_said(places.recorder)
    state, sentence = _state(seen, said, now)
    size, files, waiting = on_disk(places.log.folder)
    return {
        "state": state,
        "sentence": sentence,
        "records": int(said.get("records", 0)),
        "records_per_second": float(said.get("records_per_second", 0.0)),
        "lag_ms": float(said.get("lag_ms", 0.0)),
        "waiting_bytes": int(said.get("waiting_bytes", 0)),
        "dropped": {reason: count for reason, count in said.get("dropped", {}).items() if count},
        "gaps": int(said.get("gaps", 0)),
        "access_left_out": int(said.get("access_left_out", 0)),
        "sync_seconds": float(said.get("sync_seconds", 0.0)),
        "bytes": size,
        "files": files,
        "unsealed": waiting,
        "tasks": _tasks(places),
        "sinks": _sinks(places),
    }


def _state(seen: Observation, said: Mapping[str, Any], now: float) -> tuple[str, str]:
    if not any(process.role == "recorder" for process in seen.running.processes):
        return "stopped", ""
    if not any(route.log for route in seen.plan.routes):
        return "off", ""
    if not said:
        return "down", "the recorder has not begun; records wait in memory"
    silent = now - said.get("beat", 0.0)
    if silent > SILENT_AFTER:
        return "down", f"the recorder has said nothing for {silent:.0f} s; records wait in memory if they fit"
    return said["state"], said["sentence"]


def read_said(path: Path) -> dict[str, Any]:
    """Return what a process of the log said last, nothing where that is not there or cannot be read."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _tasks(places: Places) -> list[dict[str, Any]]:
    names = ("name", "state", "runs", "failures", "problem", "seconds")
    return [{name: task[name] for name in names} for task in read_said(places.keeper).get("tasks", [])]


def _sinks(places: Places) -> list[dict[str, Any]]:
    found = []
    for task in read_said(places.keeper).get("tasks", []):
        for said in task.get("said", {}).get("sinks", ()):
            sink = Standing(**said)
            found.append({**said, "is_well": _is_well(sink), "sentence": sink.sentence()})
    return found


def _is_well(sink: Standing) -> bool:
    is_behind = sink.state == "down" or sink.waiting_seconds > BEHIND_AFTER
    return not (is_behind or sink.error or sink.refused or sink.lost or sink.vanished)


def on_disk(folder: Path) -> tuple[int, int, int]:
    """Return the bytes and files of a log, and how many segments are not sealed yet."""
    size = files = waiting = 0
    for where, _, names in os.walk(folder):
        for name in names:
            try:
                size += os.stat(os.path.join(where, name)).st_size
            except FileNotFoundError:
                continue  # sealed or removed meanwhile
            files += 1
            waiting += where.endswith("/open") and name.endswith(".ndjson")
    return size, files, waiting


def log_warnings(log: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the log, in sentences."""
    if log["state"] not in TOLD:
        yield f"request log: {log['sentence']}"
    for task in log["tasks"]:
        if task["state"] == "failing":
            yield f"request log: {task['name']} fails and is tried again: {task['problem']}"
    yield from (sink["sentence"] for sink in log["sinks"] if not sink["is_well"])


def has_beat(places: Places, role: str, pid: int, now: float) -> bool:
    """Tell whether recorder or keeper gave a sign of life of late."""
    said = read_said(places.recorder if role == "recorder" else places.keeper)
    return bool(said.get("pid") == pid and now - said.get("beat", 0.0) < SILENT_AFTER)
