"""`gateway reload` with real processes: nobody notices, and what cannot come up changes nothing."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest

from benchmarks.free_port import free_port
from gateway.monitoring.tally import read_state
from gateway.routing.places import Places
from gateway.serving.example import example_request
from gateway.supervision.reload_report import DONE, FAILED, RUNNING, ReloadReport, read_report
from tests.started import started
from tests.system.gateway_under_test import COMMAND, Gateway, exists, models_answer
from tests.system.load import CLIENTS, Asked, Load
from tests.system.services import Services
from tests.waiting import BOUND, SOON, until

ROOT = Path(__file__).parents[2]
INFER = "/v2/models/late/infer"
FAILING = """\
import os, pathlib, sys
if "worker" in sys.orig_argv and pathlib.Path({flag!r}).exists():
    os._exit(3)
"""


class FreshLoad(Load):
    """Clients that open a connection for each request."""

    def _once(self, connection: http.client.HTTPConnection, user: str) -> Asked:
        asked = super()._once(connection, user)
        connection.close()
        return asked


def entries(gateway: Gateway, role: str = "worker") -> list[dict[str, object]]:
    """Return what the supervisor says of its processes of a role, those that leave included."""
    found = json.loads(places(gateway).processes.read_bytes())["processes"]
    return [process for process in found if process["role"] == role]


def places(gateway: Gateway) -> Places:
    """Return where its files are."""
    return Places(gateway.folder / ".gateway")


def serving(gateway: Gateway) -> list[int]:
    """Return the ids of the workers and the control process that are not about to leave."""
    return [
        int(str(each["pid"]))
        for role in ("control", "worker")
        for each in entries(gateway, role)
        if not each.get("draining")
    ]


def over(gateway: Gateway, number: int) -> ReloadReport:
    """Wait for the end of a reload; return what became of it."""

    def report() -> ReloadReport | None:
        found = read_report(places(gateway))
        return found if found and found.number >= number and found.state != RUNNING else None

    return until(report) or ReloadReport()


def with_limits(folder: Path, limits: str) -> None:
    """Set limits in routing.yaml."""
    path = folder / "routing.yaml"
    path.write_text(f"limits: {limits}\n" + path.read_text())


def test_five_reloads_under_load_fail_nothing(gateway: Gateway) -> None:
    """Clients that keep connections and clients that do not: every request is answered as it should be."""
    supervisor, first = gateway.popen.pid, serving(gateway)
    with Load(gateway.listen) as kept, FreshLoad(gateway.listen) as fresh:
        seen = set(first)
        for turn in range(1, 6):
            run = gateway.run("reload", "--json")
            assert run.returncode == 0, run.stderr
            assert json.loads(run.stdout)["number"] == turn
            assert not seen & set(serving(gateway))
            seen |= set(serving(gateway))
            kept.some()
            fresh.some()
    assert kept.failed() == []
    assert fresh.failed() == []
    assert gateway.popen.pid == supervisor
    assert gateway.popen.poll() is None
    until(lambda: not any(exists(pid) for pid in seen - set(serving(gateway))), "for the old ones to leave")
    until(lambda: all(process["healthy"] for process in gateway.status()["processes"]))
    versions = gateway.status()["routes"][0]["versions"].values()
    assert sum(version["requests"] for version in versions) == kept.count() + fresh.count()
    assert len(places(gateway).tallies()) < 2 * 6  # numbers of those that left are used again


def test_it_says_what_it_did_and_a_signal_does_the_same(gateway: Gateway) -> None:
    """In words, as JSON, and in the log where nobody waits for an answer."""
    before = serving(gateway)
    run = gateway.run("reload")
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("2 workers replaced in ")
    found = json.loads(gateway.run("reload", "--json").stdout)
    assert found.keys() == {"number", "workers", "seconds", "connections", "revision", "file"}
    assert (found["number"], found["workers"], found["file"]) == (2, 2, "")
    os.kill(gateway.popen.pid, signal.SIGHUP)
    assert over(gateway, 3).state == DONE
    assert not set(before) & set(serving(gateway))
    # the report is written first, so that whoever waits for it is not kept by a slow log
    until(lambda: "reload 3: 2 workers replaced in" in gateway.said(), "for the line in the log")
    assert gateway.request()[0] == 200


def test_a_new_worker_that_cannot_start_changes_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command says so and fails; the old ones serve on, and a later reload may succeed."""
    flag = folder / "broken"
    (folder / "site").mkdir()
    (folder / "site" / "sitecustomize.py").write_text(FAILING.format(flag=str(flag)))
    monkeypatch.setenv("PYTHONPATH", str(folder / "site"))
    monkeypatch.setenv("GATEWAY_WORKERS", "plain")
    with Gateway(folder) as gateway:
        before = serving(gateway)
        flag.touch()
        with Load(gateway.listen) as load:
            run = gateway.run("reload")
            load.some()
        assert run.returncode == 1
        assert "nothing was replaced" in run.stderr
        assert "the new worker 2 exited with status 3" in run.stderr
        assert load.failed() == []
        assert serving(gateway) == before
        assert (read_report(places(gateway)) or ReloadReport()).state == FAILED
        flag.unlink()
        assert gateway.run("reload").returncode == 0
        assert not set(serving(gateway)) & set(before)


def test_two_at_once_come_one_after_the_other(gateway: Gateway) -> None:
    """Neither is lost, neither is confused with the other."""
    command = [*COMMAND, "reload", "--json", "--state-dir", str(places(gateway).state)]
    pipe = {"stdout": subprocess.PIPE, "text": True}
    with started(command, **pipe) as one, started(command, **pipe) as other, Load(gateway.listen) as load:
        said = [run.communicate(timeout=2 * BOUND)[0] for run in (one, other)]
    assert [one.returncode, other.returncode] == [0, 0]
    assert sorted(json.loads(each)["number"] for each in said) == [1, 2]
    assert load.failed() == []


def test_a_kept_connection_is_asked_for_once_more(gateway: Gateway) -> None:
    """A request may be on its way when the worker is replaced: it is answered, as the last one."""
    connection = http.client.HTTPConnection(*gateway.listen, timeout=BOUND)
    for _ in range(2):
        connection.request("GET", "/late")
        assert connection.getresponse().read()
    kept = connection.sock
    run = gateway.run("reload")
    assert "; 1 connection still drains" in run.stdout

    def was_the_last() -> bool:
        assert connection.sock is kept
        connection.request("GET", "/late")
        answer = connection.getresponse()
        assert (answer.status, bool(answer.read())) == (200, True)
        return answer.getheader("connection") == "close"

    until(was_the_last)  # its worker may not have heard yet that it is to leave
    until(lambda: not any(each.get("draining") for each in entries(gateway)), "for the old ones to leave")


def test_a_connection_that_never_asks_again_is_closed_after_the_drain_period(folder: Path) -> None:
    """Until then its worker is listed as draining; then nothing of the old generation is left."""
    with_limits(folder, "{drain_timeout: 1s}")
    with Gateway(folder) as gateway, socket.create_connection(gateway.listen, BOUND) as idle:
        idle.sendall(b"GET /late HTTP/1.1\r\nhost: a\r\n\r\n")
        assert idle.recv(4096).startswith(b"HTTP/1.1 200")
        before = serving(gateway)
        began = time.monotonic()
        assert gateway.run("reload").returncode == 0
        assert idle.recv(4096) == b""
        assert time.monotonic() - began > 0.9
        until(lambda: not any(exists(pid) for pid in before), "for the old ones to leave")


class Slow:
    """A service whose answer takes five seconds to come, or until the test has seen enough."""

    PIECES, PAUSE = 50, 0.1

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.seen = threading.Event()
        self.pieces = 0
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> Slow:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.seen.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(BOUND)

    def _serve(self) -> None:
        while True:
            try:
                accepted, _ = self._listener.accept()
            except OSError:
                return
            with accepted:
                if accepted.recv(4096):
                    self._answer(accepted)

    def _answer(self, accepted: socket.socket) -> None:
        accepted.sendall(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        while self.pieces < self.PIECES or not self.seen.is_set():
            accepted.sendall(b"3e8\r\n" + b"x" * 1000 + b"\r\n")
            self.pieces += 1
            time.sleep(self.PAUSE)
        accepted.sendall(b"0\r\n\r\n")


def test_a_long_download_lives_through_reloads(folder: Path, services: Services) -> None:
    """Its old worker goes on until the last byte, and leaves then."""
    path = folder / "routing.yaml"
    with Slow() as slow:
        path.write_text(path.read_text().replace(services.urls["green"], slow.url))
        with Gateway(folder) as gateway:
            connection = http.client.HTTPConnection(*gateway.listen, timeout=BOUND)
            assert gateway.run("set-weight", "green=100").returncode == 0
            with closing(connection):
                connection.request("GET", "/late")
                answer = connection.getresponse()
                received = len(answer.read(1000))
                assert gateway.run("set-weight", "green=0").returncode == 0
                before = serving(gateway)
                for _ in range(2):
                    assert gateway.run("reload").returncode == 0
                assert [each for each in entries(gateway) if each.get("draining") and each["pid"] in before]
                slow.seen.set()
                received += len(answer.read())
                assert received == slow.pieces * 1000
                assert received >= slow.PIECES * 1000
                connection.request("GET", "/late")  # nobody had told it not to
                answer = connection.getresponse()
                assert (answer.status, answer.getheader("connection")) == (200, "close")
                answer.read()
            until(lambda: not any(exists(pid) for pid in before), "for its worker to leave")


def test_the_end_of_the_supervisor_ends_the_old_generation_too(folder: Path) -> None:
    """However it ends: with SIGTERM idle connections of workers that were replaced are closed at once."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        with Gateway(folder) as gateway, socket.create_connection(gateway.listen, BOUND) as idle:
            idle.sendall(b"GET /late HTTP/1.1\r\nhost: a\r\n\r\n")
            assert idle.recv(4096).startswith(b"HTTP/1.1 200")
            before = serving(gateway)
            assert gateway.run("reload").returncode == 0
            everyone = [*before, *serving(gateway)]
            assert any(exists(pid) for pid in before)
            gateway.popen.send_signal(how)
            assert idle.recv(4096) == b""
            gateway.popen.wait(BOUND)
            until(lambda pids=everyone: not any(exists(pid) for pid in pids))  # type: ignore[misc]


def test_another_address_is_listened_on_after_a_reload(folder: Path) -> None:
    """The new one answers, the old one refuses; to every host is a change as good as any other."""
    first, second = free_port(), free_port()
    path = folder / "routing.yaml"
    routing = path.read_text()
    path.write_text(f"listen: 127.0.0.1:{first}\n" + routing)
    with Gateway(folder, "--listen", "") as gateway:
        assert gateway.listen == ("127.0.0.1", first)
        path.write_text(f"listen: 0.0.0.0:{first}\n" + routing)
        assert gateway.run("reload").returncode == 0
        assert gateway.status()["listen"] == f"0.0.0.0:{first}"
        assert gateway.request()[0] == 200
        path.write_text(f"listen: 127.0.0.1:{second}\n" + routing)
        assert gateway.run("reload").returncode == 0
        gateway.listen = ("127.0.0.1", second)
        assert {gateway.request()[0] for _ in range(20)} == {200}
        with pytest.raises(ConnectionRefusedError):
            until(lambda: socket.create_connection(("127.0.0.1", first), BOUND).close())


def test_an_address_in_use_changes_nothing(folder: Path) -> None:
    """The command names it; everyone goes on where they were."""
    with Gateway(folder, "--listen", "") as gateway, socket.create_server(("127.0.0.1", 0)) as taken:
        before, port = serving(gateway), taken.getsockname()[1]
        path = folder / "routing.yaml"
        path.write_text(f"listen: 127.0.0.1:{port}\n" + path.read_text())
        run = gateway.run("reload", "--json")
        assert run.returncode == 1
        said = json.loads(run.stdout)["error"]
        assert f"cannot listen on 127.0.0.1:{port} (`listen`): Address already in use" in said
        assert serving(gateway) == before
        assert gateway.request()[0] == 200


def test_a_broken_file_is_said_and_what_is_live_stays(gateway: Gateway) -> None:
    """The workers are new, the plan is the one from before, and the exit code tells a script so."""
    path = gateway.folder / "routing.yaml"
    path.write_text(path.read_text().replace("weights:", "wieghts:"))
    run = gateway.run("reload")
    assert run.returncode == 1
    assert "wieghts" in run.stdout + run.stderr
    assert gateway.request()[0] == 200


def test_a_worker_killed_while_its_successor_starts_is_no_harm(gateway: Gateway) -> None:
    """It is started again, and replaced all the same."""
    worker = gateway.pid("worker", 0)
    os.kill(gateway.popen.pid, signal.SIGHUP)
    until(lambda: (read_report(places(gateway)) or ReloadReport()).number == 1)
    with suppress(ProcessLookupError):  # replaced already, where this process had to wait for so long
        os.kill(worker, signal.SIGKILL)
    assert over(gateway, 1).state == DONE
    assert {gateway.request()[0] for _ in range(20)} == {200}
    numbers = [int(str(each["number"])) for each in entries(gateway) if not each.get("draining")]
    states = [read_state(places(gateway).tally(number)) for number in numbers]
    assert [state.pid for state in states] == serving(gateway)[1:]


def test_a_reload_while_a_replica_starts_again(tmp_path: Path) -> None:
    """Replicas are not replaced; the one that was killed comes back, and only what it was answering fails."""
    (tmp_path / "routing.yaml").write_text((ROOT / "routing.yaml").read_text())
    (tmp_path / "model_versions").symlink_to(ROOT / "model_versions")
    flight = example_request(ROOT / "model_versions" / "v1")
    with Gateway(tmp_path) as gateway:
        until(lambda: models_answer(gateway, INFER), "for the models to be loaded")
        replicas = {str(each["service"]): each["pid"] for each in entries(gateway, "replica")}
        with Load(gateway.listen, INFER, flight) as load:
            killed = gateway.pid("replica", 0, "canary")
            os.kill(killed, signal.SIGKILL)
            until(lambda: not exists(killed), "for its end")
            died = time.monotonic()
            run = gateway.run("reload")
            assert run.returncode == 0, run.stderr
            until(lambda: all(process["healthy"] for process in gateway.status()["processes"]))
            load.some()
        failed = load.failed()
        # an answer whose head was out already is cut; whatever began after the death has a 502 at worst
        assert [each for each in failed if not each.failure.startswith("502") and each.began > died] == []
        assert [each for each in failed if each.began > died + SOON] == []
        assert len(failed) <= 2 * CLIENTS
        now = {str(each["service"]): each["pid"] for each in entries(gateway, "replica")}
        assert {name for name in now if now[name] != replicas[name]} == {"canary"}
    shutil.rmtree(tmp_path / ".gateway")
