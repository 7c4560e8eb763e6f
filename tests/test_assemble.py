"""The wiring: addresses had or refused, one gateway per state directory, each process its own role."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway import assemble
from gateway.assemble import UpOptions, address_of, bind_shared, main, up
from gateway.cli.common import is_held
from gateway.errors import GatewayError
from gateway.routing.addresses import Address
from gateway.routing.places import Places, prepare

ROUTING = """\
services:
  blue: {url: "http://127.0.0.1:1"}
weights: {blue: 100}
listen: 127.0.0.1:0
admin: 127.0.0.1:0
"""
HERE = Address("127.0.0.1", 0)


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


@pytest.mark.parametrize("count", [1, 3])
def test_sockets_share_one_free_port(count: int) -> None:
    """Port 0 is the same free port for all of them, and connections arrive."""
    sockets = bind_shared(HERE, count)
    assert len({address_of(each) for each in sockets}) == 1
    with socket.create_connection(sockets[0].getsockname(), 5):
        pass
    for each in sockets:
        each.close()


@pytest.mark.parametrize("count", [1, 2])
def test_a_port_in_use_is_refused(count: int) -> None:
    """Also where both sides would be willing to share it; what was bound so far is closed."""
    taken = bind_shared(HERE, 2)
    port = taken[0].getsockname()[1]
    with pytest.raises(
        GatewayError, match=f"cannot listen on 127.0.0.1:{port}: Address already in use; end what"
    ):
        bind_shared(Address("127.0.0.1", port), count)
    for each in taken:
        each.close()
    for each in bind_shared(Address("127.0.0.1", port), count):
        each.close()


def test_an_address_that_is_not_here_is_refused() -> None:
    """A host of another network cannot be bound."""
    with pytest.raises(GatewayError, match=r"cannot listen on 192\.0\.2\.1:8080"):
        bind_shared(Address("192.0.2.1", 8080), 2)


def test_an_address_is_spoken_with_brackets_where_it_needs_them() -> None:
    """IPv6 and IPv4."""
    for host, spoken in (("::1", "[::1]:"), ("127.0.0.1", "127.0.0.1:")):
        (bound,) = bind_shared(Address(host, 0), 1)
        assert address_of(bound).startswith(spoken)
        bound.close()


@pytest.mark.parametrize(
    ("listen", "admin", "said"),
    [
        ("8080", "", "--listen 8080: "),
        ("127.0.0.1:http", "", "--listen 127.0.0.1:http: "),
        ("", ":9090", "--admin :9090: "),
        ("", "0.0.0.0:9090", "keep it on 127.0.0.1"),
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


def test_a_role_that_fails_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A replica without a model ends with status 1 and a sentence, not with a stack of calls."""
    assert main(["replica", str(tmp_path / "nothing"), str(tmp_path / "socket")]) == 1
    said = capsys.readouterr().err
    assert said.startswith("replica: ")
    assert "nothing" in said
