"""`gateway up`: addresses had or refused, one gateway per state directory, what an earlier one left."""

from __future__ import annotations

import threading

import pytest

from gateway.assemble.options import UpOptions
from gateway.assemble.up import _hold, up
from gateway.cli.common import is_held
from gateway.errors import GatewayError
from gateway.requestlog.ring import RingWriter
from gateway.requestlog.ring_layout import LEAST
from gateway.routing.places import Places
from gateway.routing.run_directory import prepare
from tests.assemble.routing_file import ROUTING
from tests.requestlog.frames import frame


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
        _hold(lock.fileno(), options.state)
        assert is_held(places)
        assert "already running" in refused(options)
    assert places.plan.read_text() == "its plan"
    assert not is_held(places)


def test_somebody_who_only_looks_does_not_keep_a_gateway_from_starting(
    options: UpOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`status` in a loop takes the lock for an instant, again and again."""
    monkeypatch.setattr("gateway.assemble.up.HOLD_TRIES", 6000)  # an instant is long on a busy machine
    places = prepare(options.state)
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            is_held(Places(options.state))

    threads = [threading.Thread(target=look) for _ in range(2)]
    for thread in threads:
        thread.start()
    taken = 0
    try:
        for _ in range(50):
            with places.up_lock.open("a") as lock:
                _hold(lock.fileno(), options.state)
                taken += is_held(Places(options.state))
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert taken == 50


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
