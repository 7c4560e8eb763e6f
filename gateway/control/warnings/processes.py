"""What is wrong with processes, in sentences: who does not do its work, and who was started again of late."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

RECENT = 300.0
"""Seconds for which it is told that a process was started again."""

_MEANING = {
    "worker": {
        "down": "is not running; the supervisor starts it again",
        "hung": "has given no sign of life for 2 s: its clients wait, until the supervisor starts it again",
        "starting": "is starting",
        "stopped": "is stopped by a signal: its clients wait; to go on: kill -CONT {pid}",
    },
    "control": {
        "down": "is not running: no admin API, and a saved routing.yaml is not followed; it is started again",
        "starting": "is starting: no admin API for a moment",
        "hung": "does not answer: no admin API; if that lasts, `kill -9 {pid}` has it started again",
        "stopped": "is stopped by a signal: no admin API, and a saved routing.yaml is not followed; "
        "to go on: kill -CONT {pid}",
    },
    "recorder": {
        "down": "is not running; the supervisor starts it again, and records wait in memory meanwhile",
        "starting": "is starting; records wait in memory meanwhile",
        "hung": "has said nothing for 3 s: records wait in memory as far as they fit; is the disk very slow?",
        "stopped": "is stopped by a signal: records wait in memory as far as they fit; "
        "to go on: kill -CONT {pid}",
    },
    "keeper": {
        "down": "is not running; the supervisor starts it again, and the log grows unsealed meanwhile",
        "starting": "is starting; the log grows unsealed meanwhile",
        "hung": "has said nothing for 3 s: the log grows unsealed, and no sink gets anything",
        "stopped": "is stopped by a signal: the log grows unsealed, and no sink gets anything; "
        "to go on: kill -CONT {pid}",
    },
    "replica": {
        "down": "is not running; the supervisor starts it again, and the log says why it ended",
        "starting": "does not answer yet: it loads its model, or hangs",
        "stopped": "is stopped by a signal; to go on: kill -CONT {pid}",
    },
    "supervisor": {
        "down": "is not running: nothing that ends is started again; the others drain and end",
        "stopped": "is stopped by a signal: nothing that ends is started again, and no reload is possible; "
        "to go on: kill -CONT {pid}",
    },
}


def process_warnings(processes: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield a sentence for each process, as `status` lists them, that is not well or was not lately."""
    workers = [process for process in processes if process["role"] == "worker"]
    if workers and not any(process["state"] in ("healthy", "draining") for process in workers):
        yield "no worker does its work: no request is answered"
    for process in processes:
        if told := of_process(process):
            yield f"{called(process)} {told}"


def of_process(process: Mapping[str, Any]) -> str:
    """Return what is wrong with a process, or an empty string."""
    state = process["state"]
    if found := _MEANING[process["role"]].get(state):
        return found.format(pid=process["pid"])
    if process["restarts"] and state == "healthy" and process["age"] is not None and process["age"] < RECENT:
        times = f"{process['restarts']} time{'' if process['restarts'] == 1 else 's'}"
        return f"was started again {ago(process['age'])} ago ({times} in all); the log says why it ended"
    return ""


def called(process: Mapping[str, Any]) -> str:
    """Return how people call a process: `worker 1`, `replica blue 0`, with its pid while it has one."""
    name = f"{process['role']} {process['service']}".strip()
    if process["role"] in ("worker", "replica"):
        name += f" {process['number']}"
    return f"{name} (pid {process['pid']})" if process["pid"] else name


def ago(seconds: float) -> str:
    """Write a time of some minutes: `12 s`, `3 min`."""
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
