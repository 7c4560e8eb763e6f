"""Whether processes do their work: real pids, real sockets."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from gateway.control.status import health
from gateway.control.status.health import answers, processes, services, state_of
from gateway.control.status.observation import Listed, Observation, observe
from gateway.control.status.views import Views, merged
from gateway.monitoring import proc
from gateway.monitoring.health_report import Report, ServiceView
from gateway.routing.places import Places
from gateway.routing.plan import RoutingPlan, Service
from tests.waiting import BOUND, until

if TYPE_CHECKING:
    from tests.control.conftest import Control, Site

NOW = 1000.0


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give whoever answers, and whoever starts, time for it."""
    monkeypatch.setattr(health, "PROBE_TIMEOUT", BOUND)
    monkeypatch.setattr(health, "STARTS_WITHIN", BOUND)


@pytest.fixture
def dead_pid() -> int:
    """The pid of a process that has ended and been waited for."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.fixture
def other_pid() -> Iterator[int]:
    """The pid of a process that lives and does nothing."""
    process = subprocess.Popen(["sleep", "60"])
    yield process.pid
    process.kill()
    process.wait()


def seen(site: Site) -> Observation:
    """What the files say now."""
    return observe(site.places, NOW)


def is_healthy(places: Places, found: Observation, process: Listed, now: float) -> bool:
    """Whether a process does its work."""
    return state_of(places, found, process, now)[0] == "healthy"


def test_a_process_that_is_not_there_is_down(site: Site, dead_pid: int) -> None:
    """One that has ended, and one that was not started yet."""
    for pid in (dead_pid, 0):
        assert state_of(site.places, seen(site), Listed("worker", pid), NOW) == ("down", None)


def test_each_way_of_not_working_has_its_word(site: Site, other_pid: int) -> None:
    """Starting, hung, stopped, draining; what was replaced is not broken, there or already gone."""
    worker = Listed("worker", os.getpid())
    assert state_of(site.places, seen(site), worker, NOW)[0] == "starting"
    site.tally(0).beat(NOW - 2.1, 1, 0)
    assert state_of(site.places, seen(site), worker, NOW)[0] == "hung"
    assert state_of(site.places, seen(site), Listed("replica", os.getpid(), "x"), NOW)[0] == "starting"
    assert state_of(site.places, seen(site), Listed("control", other_pid), NOW)[0] == "starting"
    os.kill(other_pid, signal.SIGSTOP)
    until(
        lambda: state_of(site.places, seen(site), Listed("supervisor", other_pid), NOW)[0] == "stopped",
        "for its stop",
    )
    for pid in (other_pid, 0):
        gone = Listed("worker", pid, is_draining=True)
        assert state_of(site.places, seen(site), gone, NOW)[0] == "draining"


def test_a_worker_is_healthy_while_its_heart_beats(site: Site) -> None:
    """The same pid with a heartbeat of late is healthy, with an old one it hangs."""
    tally = site.tally(0)
    worker = Listed("worker", os.getpid())
    tally.beat(NOW - 1.9, 1, 0)
    assert is_healthy(site.places, seen(site), worker, NOW)
    tally.beat(NOW - 2.1, 1, 0)
    assert not is_healthy(site.places, seen(site), worker, NOW)


def test_a_worker_does_not_live_by_its_predecessor_s_heartbeat(site: Site, other_pid: int) -> None:
    """A worker that was just started again and has not opened its tally is not healthy yet."""
    site.tally(0).beat(NOW, 1, 0)
    assert not is_healthy(site.places, seen(site), Listed("worker", other_pid), NOW)


def test_a_worker_without_a_tally_is_not_healthy(site: Site) -> None:
    """A worker that never wrote anything gives no sign of life."""
    assert not is_healthy(site.places, seen(site), Listed("worker", os.getpid(), number=5), NOW)


def test_a_replica_is_healthy_while_it_can_be_connected_to(site: Site) -> None:
    """Its Unix socket accepts once its model is loaded; a service that is not in the plan has none."""
    plan = site.head().plan
    service = Service("blue", model="models/v1")
    found = seen(site)
    with_model = Observation(
        type(plan)((service,), ()), found.running, found.states, found.counts, found.file, None
    )
    replica = Listed("replica", os.getpid(), "blue", 0)
    assert not is_healthy(site.places, with_model, replica, NOW)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(site.places.socket("blue", "models/v1", 0)))
        listener.listen()
        assert is_healthy(site.places, with_model, replica, NOW)
        assert not is_healthy(site.places, with_model, Listed("replica", os.getpid(), "gone", 0), NOW)


def test_the_control_process_is_healthy_while_it_answers(control: Control, other_pid: int) -> None:
    """It must exist and answer; a dead one is not healthy although the supervisor's socket accepts."""
    admin = f"127.0.0.1:{control.port}"
    control.site.list_processes(admin=admin)
    listed = Listed("control", control.process.pid)
    assert is_healthy(control.site.places, seen(control.site), listed, NOW)
    control.kill()
    assert not is_healthy(control.site.places, seen(control.site), listed, NOW)


def test_a_control_process_that_hangs_is_not_healthy(
    control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped in its tracks it still has a pid and a socket that accepts; it does not answer."""
    places = control.site.places
    assert answers("", places)
    control.process.send_signal(signal.SIGSTOP)
    until(lambda: (found := proc.state_of(control.process.pid)) and found.is_stopped, "for it to be stopped")
    with monkeypatch.context() as patch:
        patch.setattr(health, "PROBE_TIMEOUT", 0.2)
        assert not answers("", places)
    control.process.send_signal(signal.SIGCONT)
    assert answers("", places)


def test_the_control_process_does_not_ask_itself(site: Site) -> None:
    """When it makes the status itself, it is alive by that."""
    assert is_healthy(site.places, seen(site), Listed("control", os.getpid()), NOW)


@pytest.mark.parametrize("role", ["recorder", "keeper"])
def test_a_process_of_the_log_is_healthy_while_it_says_something(
    site: Site, other_pid: int, role: str
) -> None:
    """What its predecessor said, or it itself long ago, is no sign of life; at first it is just starting."""
    site.list_processes({"role": role, "pid": other_pid})
    listed = seen(site).running.processes[-1]
    path = site.places.recorder if role == "recorder" else site.places.keeper

    def state(pid: int, beat: float) -> str:
        path.write_text(json.dumps({"pid": pid, "beat": beat}))
        return state_of(site.places, seen(site), listed, NOW)[0]

    assert state(other_pid, NOW - 1) == "healthy"
    assert state(other_pid + 1, NOW - 1) == state(other_pid, NOW - 60) == "starting"


@pytest.mark.parametrize("admin", ["", "127.0.0.1", "127.0.0.1:http", "127.0.0.1:1"])
def test_an_address_nobody_answers_on(site: Site, admin: str) -> None:
    """No address, half an address and one where nothing listens mean: no answer."""
    assert not answers(admin, site.places)


def test_an_ipv6_address_is_asked_without_its_brackets(site: Site) -> None:
    """`[::1]:port` is how processes.json writes it; the port is asked where there is no Unix socket."""
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as listener:

        def serve() -> None:
            wire, _ = listener.accept()
            with wire:
                wire.recv(1000)
                wire.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")

        thread = threading.Thread(target=serve)
        thread.start()
        assert answers(f"[::1]:{listener.getsockname()[1]}", site.places)
        thread.join()


def test_processes_are_described_for_the_status(site: Site) -> None:
    """Every process has its health; workers tell their connections and revision as well."""
    site.tally(0).beat(NOW, 7, 42)
    site.list_processes(
        {"role": "worker", "pid": os.getpid(), "restarts": 1},
        {"role": "worker", "pid": 0, "number": 1},
    )
    common = {"service": "", "healthy": True, "state": "healthy"}
    found = processes(site.places, seen(site), NOW)
    ages = [process.pop("age") for process in found]
    assert ages[0] > 0
    assert ages[2] is None
    assert found == [
        {"role": "supervisor", "pid": os.getpid(), "number": 0, "restarts": 0, **common},
        {"role": "worker", "pid": os.getpid(), "number": 0, "restarts": 1, **common}
        | {"connections": 42, "revision": 7},
        {"role": "worker", "pid": None, "number": 1, "restarts": 0, **common, "healthy": False}
        | {"state": "down", "connections": 0, "revision": 0},
    ]


def test_services_elsewhere_are_reached_or_not() -> None:
    """By http and https alike, each address on its own; replicas of ours are not among them."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        plan = RoutingPlan(
            (
                Service("blue", urls=(f"http://{address}", "http://127.0.0.1:1")),
                Service("safe", urls=(f"https://{address}",)),
                Service("ours", model="models/v1"),
            ),
            (),
        )
        up = {"healthy": True, "state": "up", "seen": {"up": 1}, "reason": ""}
        down = {"healthy": False, "state": "down", "seen": {"down": 1}, "reason": ""}
        assert services(plan, Views()) == [
            {"name": "blue", "address": f"http://{address}", **up},
            {"name": "blue", "address": "http://127.0.0.1:1", **down},
            {"name": "safe", "address": f"https://{address}", **up},
        ]


def test_an_address_is_what_the_workers_say_it_is() -> None:
    """Though it accepts connections; what a worker finds out says more."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        told = [
            ServiceView({address: "down"}, "", 0, {address: "certificate is not valid for blue"}),
            ServiceView({address: "warming"}, "", 0),
        ]
        views = merged({n: Report(1, {"blue": view}, 0, ()) for n, view in enumerate(told)})
        assert services(RoutingPlan((Service("blue", urls=(f"https://{address}",)),), ()), views) == [
            {
                "name": "blue",
                "address": f"https://{address}",
                "healthy": False,
                "state": "down",
                "seen": {"warming": 1, "down": 1},
                "reason": "certificate is not valid for blue",
            }
        ]
