"""kill -9 of any process, under load: the split stays, and only what it was answering fails."""

from __future__ import annotations

import os
import shutil
import signal
import time
from pathlib import Path

from tests.system.gateway_under_test import Gateway
from tests.system.load import CLIENTS, Asked, Load, ports_of
from tests.waiting import BOUND, SOON, until


def keeps_the_split(before: list[Asked], after: list[Asked]) -> bool:
    """Tell whether every user is served by one and the same version, before and after."""
    served = {(each.user, each.version) for each in (*before, *after) if not each.failure}
    return len({user for user, _ in served}) == len(served)


def stands_still(pid: int) -> bool:
    """Tell whether SIGSTOP has reached every thread of a process."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            state = (task / "stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            continue  # ended since it was listed
        if state != "T":
            return False
    return True


def test_a_killed_worker_fails_what_it_was_answering_and_nothing_else(gateway: Gateway) -> None:
    """Requests on connections of the other worker go on; new connections are never refused."""
    with Load(gateway.listen) as load:
        for number in (0, 1):
            stopped = gateway.pid("worker", number)
            os.kill(stopped, signal.SIGSTOP)  # so that it accepts nobody after those that are looked at
            until(lambda pid=stopped: stands_still(pid), "for it to stop")  # type: ignore[misc]
            held = ports_of(stopped, gateway.listen)
            killed = time.monotonic()
            assert gateway.kill("worker", number) < SOON
            load.some()
            failed = [each for each in load.failed() if each.ended >= killed]
            assert {each.port for each in failed} <= held
            assert len(failed) <= len(held)
            assert all("Connection" in e.failure or "RemoteDisconnected" in e.failure for e in failed)
        assert len({(each.port, each.ended) for each in load.failed()}) <= 2 * CLIENTS
    assert keeps_the_split(load.asked()[:1], load.asked())


def test_a_killed_control_process_fails_nothing(gateway: Gateway) -> None:
    """Traffic does not notice; another control process answers within two seconds."""
    with Load(gateway.listen) as load:
        began = time.monotonic()
        assert any(gateway.kill("control") < 2 for _ in range(3))  # the machine may be busy
        while not any(p["role"] == "control" and p["healthy"] for p in gateway.status()["processes"]):
            assert time.monotonic() - began < BOUND
        load.some()
    assert load.failed() == []
    assert keeps_the_split(load.asked()[:1], load.asked())


def test_counts_survive(gateway: Gateway) -> None:
    """`status` counts what was served before and after a worker was killed, and asks nobody alive."""
    with Load(gateway.listen) as load:
        gateway.kill("worker", 0)
        load.some()
    (route,) = gateway.status()["routes"]
    answered = [each for each in load.asked() if not each.failure]
    counted = {name: version["requests"] for name, version in route["versions"].items()}
    for name in ("blue", "green", "canary"):
        assert 0 <= counted[name] - sum(each.version == name for each in answered) <= len(load.failed())


def test_memory_that_somebody_removes_is_made_anew(gateway: Gateway) -> None:
    """As a login manager may do: the live revision is published again, and changes take effect."""
    run = (gateway.folder / ".gateway" / "run").resolve()
    shutil.rmtree(run.rename(run.with_name(f"{run.name}.away")))  # at once, before the gateway makes it anew
    until(lambda: (gateway.folder / ".gateway" / "run" / "processes.json").exists())
    until(lambda: gateway.run("status", "--json").returncode == 0)
    until(lambda: all(process["healthy"] for process in gateway.status()["processes"]))
    assert gateway.run("set-weight", "green=100").returncode == 0
    assert gateway.request()[1] == "green"
