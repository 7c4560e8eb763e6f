"""Weights change by file, by command and by API, under load: nobody is turned away, comments stay."""

from __future__ import annotations

import http.client
import json
import os
import signal
import threading
import time

from tests.system.gateway_under_test import Gateway
from tests.system.load import Load
from tests.waiting import BOUND, SOON, until


def put(gateway: Gateway, weights: dict[str, float], revision: str = "") -> int:
    """Set weights by the admin API; return the status."""
    host, _, port = gateway.admin.rpartition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=BOUND)
    headers = {"content-type": "application/json", **({"if-match": f'"{revision}"'} if revision else {})}
    try:
        body = json.dumps({"weights": weights})
        connection.request("PUT", "/api/v1/routes/late/weights", body, headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


def until_answered(gateway: Gateway) -> None:
    """Wait until the control process answers."""
    until(lambda: any(p["role"] == "control" and p["healthy"] for p in gateway.status()["processes"]))


def live(gateway: Gateway) -> dict[str, float]:
    """Return the live weights."""
    found: dict[str, float] = gateway.status()["routes"][0]["weights"]
    return found


def test_weights_change_under_load_by_every_way_in(gateway: Gateway) -> None:
    """File, command and API, one after another: no request fails, shares follow, the remarks stay."""
    until_answered(gateway)
    path = gateway.folder / "routing.yaml"
    with Load(gateway.listen) as load:
        path.write_text(
            gateway.text().replace("blue: 60, green: 0, canary: 40", "blue: 0, green: 0, canary: 1")
        )
        saved = time.monotonic()
        until(lambda: set(load.served(time.monotonic() - 0.05)) == {"canary"}, "for the save to be live")
        assert time.monotonic() - saved < SOON
        run = gateway.run("set-weight", "green=100", "--reason", "a test")
        assert (run.returncode, run.stderr) == (0, "")
        changed = time.monotonic()
        load.some()
        assert set(load.served(changed)) == {"green"}
        assert put(gateway, {"blue": 1, "green": 0, "canary": 0}) == 200
        changed = time.monotonic()
        load.some()
        assert set(load.served(changed)) == {"blue"}
        for n in range(20):
            path.write_text(gateway.text() + f"# save {n}\n")
            assert put(gateway, {"blue": 50 - n, "canary": 50 + n}) == 200
        load.some()
    assert load.failed() == []
    until(lambda: "# save 19" in gateway.text() and "canary: 69}   # keep this remark" in gateway.text())
    until(lambda: gateway.status()["file"] == {"ok": True, "kind": "", "message": ""})
    assert live(gateway) == {"blue": 31.0, "green": 0.0, "canary": 69.0}


def test_a_bad_save_changes_nothing_and_says_why(gateway: Gateway) -> None:
    """The log and `status` name the line; the mended file is taken."""
    until_answered(gateway)
    path, before = gateway.folder / "routing.yaml", gateway.text()
    path.write_text(before.replace("canary: 40", "canary: -40"))
    # not any complaint: a file that is read while it is being written has another one
    until(lambda: "routing.yaml:10:" in gateway.status()["file"]["message"])
    assert not gateway.status()["file"]["ok"]
    until(lambda: "routing.yaml:10:" in gateway.said())
    assert live(gateway) == {"blue": 60.0, "green": 0.0, "canary": 40.0}
    path.write_text(before.replace("canary: 40", "canary: 20"))
    until(lambda: live(gateway)["canary"] == 25.0)
    until(lambda: gateway.status()["file"]["ok"], "for the complaint to be taken back")


def test_rollback_while_all_is_well(gateway: Gateway) -> None:
    """Once the command has returned, not one more request begins at the canary, and the file says so."""
    with Load(gateway.listen) as load:
        run = gateway.run("rollback", "--reason", "a test")
        assert (run.returncode, run.stderr) == (0, "")
        assert "revision 2 is live after" in run.stdout
        rolled = time.monotonic()
        load.some()
        assert set(load.served(rolled)) == {"blue"}
    assert load.failed() == []
    assert "weights: {blue: 100, green: 0, canary: 0}   # keep this remark" in gateway.text()
    back = gateway.run("rollback", "--to", "1")
    assert back.returncode == 0
    assert "blue: 60, green: 0, canary: 40" in gateway.text()


def test_rollback_while_the_control_process_is_dead(gateway: Gateway) -> None:
    """Killed as often as it comes back, it is not needed: the command does all by itself."""
    stop = threading.Event()

    def keep_dead() -> None:
        while not stop.wait(0.005):
            if pid := gateway.pid("control"):
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue  # killed already and not replaced yet

    with Load(gateway.listen) as load:
        thread = threading.Thread(target=keep_dead)
        thread.start()
        run = gateway.run("rollback", "--json")
        rolled = time.monotonic()
        load.some()
        stop.set()
        thread.join()
        assert run.returncode == 0, run.stderr
        assert json.loads(run.stdout)["revision"] == 2
        assert set(load.served(rolled)) == {"blue"}
    assert load.failed() == []
    assert "weights: {blue: 100, green: 0, canary: 0}   # keep this remark" in gateway.text()
