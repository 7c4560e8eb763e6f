"""Whether each process does its work, seen from outside: a pid that exists is not yet one that answers."""

from __future__ import annotations

import os
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from gateway.control.observation import Listed, Observation, is_beating
from gateway.routing.places import Places
from gateway.routing.plan import RoutingPlan
from gateway.supervision.supervisor import is_listening

PROBE_TIMEOUT = 1.0
SERVICE_TIMEOUT = 0.5
SERVICES_SHOWN = 64


def processes(places: Places, seen: Observation, now: float) -> list[dict[str, Any]]:
    """Return what runs, as `status` shows it."""
    return [_described(places, seen, process, now) for process in seen.running.processes]


def services(plan: RoutingPlan) -> list[dict[str, Any]]:
    """Return the addresses of services that run elsewhere, and whether each accepts a connection."""
    listed = [(service.name, url) for service in plan.services for url in service.urls][:SERVICES_SHOWN]
    with ThreadPoolExecutor(max_workers=16) as pool:
        reached = pool.map(_accepts, (url for _, url in listed))
        return [
            {"name": name, "address": url, "healthy": healthy}
            for (name, url), healthy in zip(listed, reached, strict=True)
        ]


def _accepts(url: str) -> bool:
    host, _, port = url.partition("://")[2].rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), SERVICE_TIMEOUT).close()
    except OSError:
        return False
    return True


def _described(places: Places, seen: Observation, process: Listed, now: float) -> dict[str, Any]:
    found: dict[str, Any] = {
        "role": process.role,
        "pid": process.pid,
        "service": process.service,
        "number": process.number,
        "healthy": is_healthy(places, seen, process, now),
        "restarts": process.restarts,
    }
    if process.role == "worker":
        state = seen.states.get(process.number)
        found["connections"] = state.connections if state and found["healthy"] else 0
        found["revision"] = state.revision if state else 0
    return found


def is_healthy(places: Places, seen: Observation, process: Listed, now: float) -> bool:
    """Tell whether a process exists and does what its role asks of it."""
    if not exists(process.pid):
        return False
    if process.role == "worker":
        state = seen.states.get(process.number)
        return state is not None and state.pid == process.pid and is_beating(state, now)
    if process.role == "replica":
        service = seen.plan.service(process.service)
        return service is not None and is_listening(places, (service.name, service.model, process.number))
    if process.role == "control":
        return process.pid == os.getpid() or answers(seen.running.admin)
    return True


def exists(pid: int) -> bool:
    """Tell whether there is a process with that id; 0 is none."""
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # another user's: it is there
    return True


def answers(admin: str) -> bool:
    """Ask the control process whether it is alive.

    That its port accepts says little: the supervisor holds the socket, and the kernel accepts for a process
    that hangs or is just being started again.
    """
    host, _, port = admin.rpartition(":")
    request = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
    try:
        with socket.create_connection((host.strip("[]"), int(port)), PROBE_TIMEOUT) as probe:
            probe.sendall(request)
            return probe.recv(64).startswith(b"HTTP/1.1 200 ")
    except (OSError, ValueError):
        return False
