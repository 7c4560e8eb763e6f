"""Hostile clients at the TLS listener of a whole gateway: they are refused, and nobody else notices."""

from __future__ import annotations

import os
import socket
import ssl
import time
from collections.abc import Iterator

import pytest

from tests.system.gateway_under_test import Gateway
from tests.system.secure_site import HOST, at, curl, hits, s_client, trusting, url
from tests.waiting import BOUND, SOON, until


@pytest.fixture(autouse=True)
def _others_are_served(secure: Gateway) -> Iterator[None]:
    """Whatever a test did, the next client is answered at once, by workers that are still the same."""
    before = secure.pids()
    yield
    answer = curl(url(secure, "/one/echo"), *at(secure))
    assert (answer.exit, answer.status) == (0, 200), answer.said
    assert secure.pids() == before


def raw(gateway: Gateway) -> socket.socket:
    """Connect to the TLS listener without TLS."""
    return socket.create_connection(gateway.tls, BOUND)


def test_what_is_no_handshake_is_hung_up_on(secure: Gateway) -> None:
    """Plain HTTP, plain HTTP/2, rubbish and SSL 2 and 3: not a byte of an answer in clear text."""
    hellos = (
        b"GET / HTTP/1.1\r\nhost: a\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        os.urandom(512),
        b"\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10" + bytes(37),
        b"\x16\x03\x00\x00\x2f\x01\x00\x00\x2b\x03\x00" + bytes(41),
    )
    for hello in hellos:
        with raw(secure) as client:
            client.sendall(hello)
            answer = b""
            try:
                while data := client.recv(4096):
                    answer += data
            except ConnectionError:
                pass  # it was reset, which is hanging up too
            assert b"HTTP" not in answer


def test_a_tls_hello_on_the_plain_port_is_told_what_it_is(secure: Gateway) -> None:
    """400 and the end, in an answer that no TLS client takes for TLS."""
    context = trusting(secure)
    with socket.create_connection(secure.listen, BOUND) as client, pytest.raises(ssl.SSLError):
        context.wrap_socket(client, server_hostname=HOST)
    assert curl("https://{}:{}/".format(*secure.listen), "-k").exit == 35


def test_names_that_are_none_fill_no_log(secure: Gateway) -> None:
    """Server names with bytes beyond ASCII, hundreds of them: no traceback, no line for each."""
    before = secure.said()
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    outgoing = ssl.MemoryBIO()
    hello = context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="aaaaaaaa.test")
    with pytest.raises(ssl.SSLWantReadError):
        hello.do_handshake()
    sent = outgoing.read()
    assert b"aaaaaaaa" in sent
    for _ in range(100):
        with raw(secure) as client:
            client.sendall(sent.replace(b"aaaaaaaa", b"\xff\xfe\xc3\x28\x80\x81\x00\n"))
            try:
                client.recv(4096)
            except ConnectionError:
                pass  # it was reset, which is a refusal too
    said = secure.said().removeprefix(before)
    assert "Traceback" not in said
    assert said.count("\n") < 10, said


def test_renegotiation_and_early_data_are_not_had(secure: Gateway) -> None:
    """What TLS 1.2 and 1.3 would allow and nobody needs."""
    said = s_client(secure, "-tls1_2", "-msg", data=b"R\n")
    assert "RENEGOTIATING" in said
    assert "no renegotiation" in said or "unexpected eof" in said or "errno" in said
    assert "Max Early Data: 0" in s_client(secure, "-tls1_3", "-ign_eof", data=b"GET / HTTP/1.0\r\n\r\n")
    assert "Compression: NONE" in s_client(secure, "-tls1_2")


def test_idle_handshakes_keep_nobody_out(secure: Gateway) -> None:
    """Three hundred clients that connect and say nothing, or half a hello, and one that asks."""
    idle = [raw(secure) for _ in range(300)]
    try:
        for client in idle[::2]:
            client.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
        began = time.monotonic()
        assert curl(url(secure, "/one/echo"), *at(secure)).status == 200
        assert time.monotonic() - began < SOON
    finally:
        for client in idle:
            client.close()


def test_a_handshake_that_does_not_end_is_given_up(secure_gateway: Gateway) -> None:
    """After the time that a head may take."""
    path = secure_gateway.folder / "routing.yaml"
    path.write_text("limits: {head_timeout: 500ms}\n" + path.read_text())
    assert secure_gateway.run("reload").returncode == 0
    began = time.monotonic()
    with raw(secure_gateway) as client:
        client.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
        try:
            assert client.recv(4096) == b""
        except ConnectionError:
            pass  # a reset ends it too
        assert 0.3 < time.monotonic() - began < 2 * SOON
    until(lambda: hits(secure_gateway, "tls_handshake") == 1)
