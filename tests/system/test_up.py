"""`gateway up` from its start to its end, and what it refuses to start on."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import threading
from collections import Counter
from pathlib import Path

from tests.system.gateway_under_test import COMMAND, Gateway, exists, up
from tests.system.services import Services
from tests.waiting import BOUND, until


def refused(folder: Path, *options: str) -> str:
    """Start a gateway that must not start; return what it says."""
    run = subprocess.run(up(folder, *options), capture_output=True, text=True, check=False, timeout=BOUND)
    assert run.returncode == 1
    assert "Traceback" not in run.stderr
    return run.stderr


def test_it_starts_and_divides(gateway: Gateway) -> None:
    """It says that it is ready, answers at once, and a user stays with a version."""
    answers = Counter(gateway.request(x_user_id=f"user-{n}") for n in range(100))
    assert set(answers) == {(200, "blue"), (200, "canary")}
    assert len({gateway.request(x_user_id="42") for _ in range(20)}) == 1
    assert gateway.request("/elsewhere")[0] == 404
    roles = Counter(process["role"] for process in gateway.status()["processes"])
    assert roles == {"supervisor": 1, "control": 1, "worker": 2, "recorder": 1, "keeper": 1}


def test_a_user_stays_with_a_version_over_a_restart(folder: Path) -> None:
    """Another run on the same state gives every user the version they had."""
    users = [f"user-{n}" for n in range(60)]
    with Gateway(folder) as first:
        before = [first.request(x_user_id=user) for user in users]
    assert not (folder / ".gateway" / "run").exists()
    with Gateway(folder) as second:
        assert [second.request(x_user_id=user) for user in users] == before
        assert second.status()["revision"] == 1


def test_start_reload_and_end_are_in_the_trail_and_signed(folder: Path) -> None:
    """Who typed them, and the settings that came into force; the last entry of all is signed as well."""
    with Gateway(folder) as gateway:
        assert gateway.run("reload").returncode == 0
    shown = [json.loads(line) for line in gateway.run("audit", "show", "--json").stdout.splitlines()]
    found = {one["what"]: one for one in shown}
    assert [one["what"] for one in shown] == ["file", "up", "reload", "down"]
    assert found["up"]["after"]["admin"] == gateway.admin
    assert found["up"]["who"] == found["reload"]["who"]
    assert found["reload"]["from"].startswith(f"uid {os.getuid()} on ")
    assert found["reload"]["after"] == found["up"]["after"] == found["down"]["before"]
    verified = json.loads(gateway.run("audit", "verify", "--json").stdout)
    assert verified["ok"]
    assert verified["signed"] == verified["entries"]


def test_a_second_one_on_the_same_state_is_refused(gateway: Gateway) -> None:
    """The message says what is the matter and what to do; the first one is not disturbed."""
    said = refused(gateway.folder)
    assert "already running" in said
    assert "--state-dir" in said
    assert gateway.request()[0] == 200
    assert all(exists(pid) for pid in gateway.pids())


def test_a_port_in_use_is_refused(gateway: Gateway, tmp_path: Path) -> None:
    """For requests, also where it is another gateway's shared one, and for the admin side."""
    state = ["--state-dir", str(tmp_path / "other")]
    for option, address in (("--listen", "{}:{}".format(*gateway.listen)), ("--admin", gateway.admin)):
        said = refused(gateway.folder, *state, option, address)
        assert f"cannot listen on {address}" in said
        assert "end what uses that port, or choose another" in said
    assert not (tmp_path / "other" / "run").exists()


def test_a_broken_file_is_refused_at_the_first_start_and_survived_later(folder: Path) -> None:
    """With nothing to serve it says every problem; with a plan in the journal that one serves."""
    path = folder / "routing.yaml"
    good = path.read_text()
    path.write_text(good.replace("weights:", "wieghts:").replace("stable:", "stabel:"))
    said = refused(folder)
    assert "routing.yaml:9:" in said
    assert "routing.yaml:10:" in said
    path.write_text(good)
    with Gateway(folder):
        pass
    path.write_text(good.replace("weights:", "wieghts:"))
    with Gateway(folder) as later:
        assert later.request()[0] == 200
        until(lambda: "wieghts" in later.status()["file"]["message"], "for the complaint")


def test_no_file_is_said_with_what_to_do(tmp_path: Path) -> None:
    """The message names the file and the option."""
    said = refused(tmp_path / "nowhere")
    assert "there is no such file; write one or name it with --config" in said


def test_ctrl_c_lets_a_request_in_flight_be_answered(folder: Path, services: Services) -> None:
    """SIGINT to the supervisor drains: the slow answer comes whole, then all processes are gone."""
    with Gateway(folder) as gateway:
        pids, before = gateway.pids(), services.asked
        answers: list[tuple[int, bytes]] = []
        connection = http.client.HTTPConnection(*gateway.listen, timeout=BOUND)
        connection.request("GET", "/late", headers={"x-delay": "0.5"})

        def read() -> None:
            answer = connection.getresponse()
            answers.append((answer.status, answer.read()))

        thread = threading.Thread(target=read)
        thread.start()
        until(lambda: services.asked > before, "for the request to be on its way")
        gateway.popen.send_signal(signal.SIGINT)
        assert gateway.popen.wait(BOUND) == 0
        thread.join(BOUND)
        connection.close()
        assert answers in ([(200, b"blue")], [(200, b"canary")])
        assert not any(exists(pid) for pid in pids)


def test_a_killed_supervisor_takes_everyone_along_in_order(folder: Path, services: Services) -> None:
    """What is in flight is still answered; then nothing is left, and another start comes up."""
    with Gateway(folder) as gateway:
        pids, before = gateway.pids(), services.asked
        with socket.create_connection(gateway.listen, BOUND) as slow:
            slow.sendall(b"GET /late HTTP/1.1\r\nhost: a\r\nx-delay: 0.4\r\n\r\n")
            until(lambda: services.asked > before, "for the request to be on its way")
            os.kill(gateway.popen.pid, signal.SIGKILL)
            assert slow.recv(4096).startswith(b"HTTP/1.1 200")
        until(lambda: not any(exists(pid) for pid in pids), "for the orphans to end")
    with Gateway(folder) as again:
        assert again.request()[0] == 200


def test_changes_of_a_stopped_gateway_hold_from_its_next_start_on(folder: Path) -> None:
    """The command says that it is recorded; afterwards the gateway serves it."""
    with Gateway(folder):
        pass
    run = subprocess.run(
        [*COMMAND, "rollback", "--state-dir", str(folder / ".gateway")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert "revision 2 is recorded, but no gateway is running here" in run.stderr
    with Gateway(folder) as again:
        assert {again.request(x_user_id=str(n)) for n in range(30)} == {(200, "blue")}
        assert "weights: {blue: 100, green: 0, canary: 0}   # keep this remark" in again.text()
