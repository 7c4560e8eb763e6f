"""Whether each process does its work, seen from outside: a pid that exists is not yet one that answers."""

from __future__ import annotations

import os
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from gateway.control.log.status import has_beat
from gateway.control.status.observation import Listed, Observation, is_beating
from gateway.control.status.views import USABLE, ReplicaHealth, Views, replica_label
from gateway.monitoring import proc
from gateway.routing.places import Places
from gateway.routing.plan import RoutingPlan
from gateway.supervision.supervisor import is_listening

PROBE_TIMEOUT = 1.0
SERVICE_TIMEOUT = 0.5
SERVICES_SHOWN = 64

STARTS_WITHIN = 10.0

PROCESS_STATES = ("healthy", "starting", "draining", "stopped", "hung", "down")
"""`draining`: replaced by a reload; `stopped`: by a signal; `hung`: it is there and gives no sign of life;
`down`: it is not there."""
WELL = ("healthy", "draining")


def processes(places: Places, seen: Observation, now: float) -> list[dict[str, Any]]:
    """Return what runs, as `status` shows it."""
    return [_described(places, seen, process, now) for process in seen.running.processes]


def services(plan: RoutingPlan, views: Views) -> list[dict[str, Any]]:
    """Return the addresses of services that run elsewhere, and how the workers see each.

    Where no worker tells, that an address accepts a connection has to do.
    """
    listed = [(service.name, url) for service in plan.services for url in service.urls][:SERVICES_SHOWN]
    told = {(s.name, replica.replica): replica for s in views.services for replica in s.replicas}
    with ThreadPoolExecutor(max_workers=16) as pool:
        seen = pool.map(lambda it: told.get((it[0], replica_label(it[1]))) or _probed(it[1]), listed)
        return [
            {
                "name": name,
                "address": url,
                "healthy": all(state in USABLE for state, count in replica.states.items() if count),
                "state": replica.worst,
                "seen": {state: count for state, count in replica.states.items() if count},
                "reason": replica.reason,
            }
            for (name, url), replica in zip(listed, seen, strict=True)
        ]


def _probed(url: str) -> ReplicaHealth:
    return ReplicaHealth(url, {"up" if _accepts(url) else "down": 1})


def _accepts(url: str) -> bool:
    host, _, port = url.partition("://")[2].rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), SERVICE_TIMEOUT).close()
    except OSError:
        return False
    return True


def _described(places: Places, seen: Observation, process: Listed, now: float) -> dict[str, Any]:
    state, age = state_of(places, seen, process, now)
    found: dict[str, Any] = {
        "role": process.role,
        "pid": process.pid or None,
        "service": process.service,
        "number": process.number,
        "healthy": state in WELL,
        "state": state,
        "restarts": process.restarts,
        "age": age,
    }
    if process.role == "worker":
        worker = seen.states.get(process.number)
        found["connections"] = worker.connections if worker and found["healthy"] else 0
        found["revision"] = worker.revision if worker else 0
    return found


def state_of(places: Places, seen: Observation, process: Listed, now: float) -> tuple[str, float | None]:
    """Return in which of `PROCESS_STATES` a process is, and how many seconds ago it was started."""
    found = proc.state_of(process.pid)
    if process.is_draining:  # that it is gone will be told in a moment
        return "draining", round(found.age, 1) if found else None
    if found is None or found.is_dead:
        return "down", None
    state = "stopped" if found.is_stopped else _at_work(places, seen, process, now)
    if state == "hung" and process.role != "worker" and found.age < STARTS_WITHIN:
        state = "starting"
    return state, round(found.age, 1)


def _at_work(places: Places, seen: Observation, process: Listed, now: float) -> str:
    """Tell whether a process that runs does what its role asks of it."""
    if process.role == "worker":
        state = seen.states.get(process.number)
        if state is None or state.pid != process.pid:
            return "starting"
        return "healthy" if is_beating(state, now) else "hung"
    if process.role == "replica":
        service = seen.plan.service(process.service)
        is_there = service and is_listening(places, (service.name, service.model, process.number))
        return "healthy" if is_there else "starting"
    if process.role in ("recorder", "keeper"):
        return "healthy" if has_beat(places, process.role, process.pid, now) else "hung"
    is_other = process.role == "control" and process.pid != os.getpid()
    return "hung" if is_other and not answers(seen.running.admin, places) else "healthy"


def answers(admin: str, places: Places) -> bool:
    """Ask the control process whether it is alive, on its Unix socket, which speaks no TLS; else on the port.

    That its port accepts says little: the supervisor holds the socket, and the kernel accepts for a process
    that hangs or is just being started again.
    """
    request = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
    try:
        with _connected(admin, places) as probe:
            probe.sendall(request)
            return probe.recv(64).startswith(b"HTTP/1.1 200 ")
    except (OSError, ValueError):
        return False


def _connected(admin: str, places: Places) -> socket.socket:
    if not places.admin_socket.exists():
        host, _, port = admin.rpartition(":")
        return socket.create_connection((host.strip("[]"), int(port)), PROBE_TIMEOUT)
    probe = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    probe.settimeout(PROBE_TIMEOUT)
    try:
        probe.connect(str(places.admin_socket))
    except OSError:
        probe.close()
        raise
    return probe
