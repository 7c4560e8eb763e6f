"""The wiring: addresses had or refused, one gateway per state directory, each process its own role."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway import assemble
from gateway.assemble import UpOptions, main, up
from gateway.cli.common import is_held
from gateway.errors import GatewayError
from gateway.requestlog.ring import RingWriter
from gateway.requestlog.ring_layout import LEAST
from gateway.routing.file import read_plan
from gateway.routing.places import Places, prepare
from gateway.routing.slot import publish
from tests.requestlog.frames import frame

BOUND = 20.0
ROUTING = """\
services:
  blue: {url: "http://127.0.0.1:1"}
weights: {blue: 100}
listen: 127.0.0.1:0
admin: 127.0.0.1:0
"""


@pytest.fixture
def options(tmp_path: Path) -> Iterator[UpOptions]:
    """Options for a fresh state directory and a fair file."""
    (tmp_path / "routing.yaml").write_text(ROUTING)
    made = UpOptions(tmp_path / "routing.yaml", tmp_path / "state", workers=1)
    yield made
    run = made.state / "run"
    if run.exists():
        shutil.rmtree(run.resolve())


def refused(options: UpOptions) -> str:
    """Start what must not start; return what is said."""
    with pytest.raises(GatewayError) as caught:
        up(options, lambda _: pytest.fail("it started"))
    return str(caught.value)


@pytest.mark.parametrize(
    ("listen", "admin", "said"),
    [
        ("8080", "", "--listen 8080: "),
        ("127.0.0.1:http", "", "--listen 127.0.0.1:http: "),
        ("", ":9090", "--admin :9090: "),
        ("", "0.0.0.0:9090", "Or keep it on 127.0.0.1"),
        ("127.0.0.1:9090", "127.0.0.1:9090", "give one of them another port"),
    ],
)
def test_addresses_that_make_no_sense_are_refused(
    options: UpOptions, listen: str, admin: str, said: str
) -> None:
    """The message names the option and what is wrong with it; nothing is left in memory."""
    assert said in refused(UpOptions(options.config, options.state, listen, admin, 1))
    assert not (options.state / "run").exists()


def test_a_state_directory_that_is_held_is_refused(options: UpOptions) -> None:
    """Held by a gateway, that is: the one that runs keeps its files."""
    places = prepare(options.state)
    places.plan.write_text("its plan")
    with places.up_lock.open("a") as lock:
        assemble._hold(lock.fileno(), options.state)
        assert is_held(places)
        assert "already running" in refused(options)
    assert places.plan.read_text() == "its plan"
    assert not is_held(places)


def test_somebody_who_only_looks_does_not_keep_a_gateway_from_starting(options: UpOptions) -> None:
    """`status` in a loop takes the lock for an instant, again and again."""
    places = prepare(options.state)
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            is_held(Places(options.state))

    threads = [threading.Thread(target=look) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(50):
            with places.up_lock.open("a") as lock:
                assemble._hold(lock.fileno(), options.state)
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_what_an_earlier_run_left_is_cleared(options: UpOptions) -> None:
    """Tallies and sockets of processes long dead do not count as ours."""
    places = prepare(options.state)
    places.tally(7).touch()
    (options.config).write_text("services: [")
    refused(options)
    assert not places.tally(7).exists()


def test_a_certificate_that_cannot_be_read_is_refused(options: UpOptions) -> None:
    """Before any process is started or port bound, by the name of the file."""
    tls = "tls: {listen: 127.0.0.1:0, cert: site.pem, key: site.key}\n"
    options.config.write_text(tls + ROUTING)
    assert "site.pem" in refused(options)


def test_a_setup_keeps_what_is_still_wanted(options: UpOptions) -> None:
    """What is bound goes on; where the workers find their files and sockets is in their commands."""
    places = prepare(options.state)
    plan = read_plan(ROUTING, options.config)
    first = assemble._setup(options, places, plan)
    again = assemble._setup(options, places, plan, first)
    assert again.listeners == first.listeners
    assert again.workers == 1
    command = again.commands.worker(4, {"plain": 7, "preview": 9})
    assert command[-6:] == [
        "worker",
        str(places.state),
        "4",
        str(options.config.parent),
        "plain=7",
        "preview=9",
    ]
    for bound in first.listeners.everything():
        bound.close()


@pytest.mark.parametrize("role", ["recorder", "keeper"])
def test_the_log_s_processes_begin_and_end_with_their_supervisor(options: UpOptions, role: str) -> None:
    """Each says that it works, and leaves when its standard input ends."""
    places = prepare(options.state)
    publish(places, read_plan(ROUTING, options.config))
    said = places.recorder if role == "recorder" else places.keeper
    command = [sys.executable, "-m", "gateway.assemble", role, str(places.state), str(places.state.parent)]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        deadline = time.monotonic() + BOUND
        while not said.exists():
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.01)
        process.stdin.close()
        assert process.wait(BOUND) == 0


def test_what_a_killed_gateway_left_in_memory_is_in_the_log(options: UpOptions) -> None:
    """Before it is cleared, although this gateway cannot start."""
    places = prepare(options.state)
    ring = RingWriter(places.ring(3), LEAST)
    assert ring.write(frame(n=ring.n))
    ring.close()
    options.config.write_text("nothing")
    refused(options)
    (segment,) = places.log.open.iterdir()
    assert b'"worker":3' in segment.read_bytes()


def test_a_role_that_fails_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A replica without a model ends with status 1 and a sentence, not with a stack of calls."""
    assert main(["replica", str(tmp_path / "nothing"), str(tmp_path / "socket")]) == 1
    said = capsys.readouterr().err
    assert said.startswith("replica: ")
    assert "nothing" in said
