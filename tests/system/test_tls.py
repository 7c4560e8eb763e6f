"""The TLS listener as curl and openssl meet it: versions, names, ALPN, and what is sent along."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.system.gateway_under_test import Gateway
from tests.system.secure_site import HOST, OTHER, at, curl, needed, s_client, serial_of, url
from tests.tls_files import Authority

WEAK = "DEFAULT:@SECLEVEL=0"
"""Without this a client's own openssl would not offer the versions that the gateway has to refuse."""


@pytest.fixture(autouse=True)
def _programs() -> None:
    needed("curl", "openssl")


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_curl_is_answered_over_tls(secure: Gateway, version: str) -> None:
    """In both versions, verified with the CA; the service hears that it was https, and from whom."""
    options = (f"--tlsv{version}", "--tls-max", version, "--http1.1", "-H", "x-forwarded-proto: http")
    answer = curl(url(secure, "/one/echo?a=b"), *at(secure), *options)
    assert (answer.exit, answer.status, answer.version) == (0, 200, "HTTP/1.1"), answer.said
    assert answer.header("x-model-version") == "blue"
    told = dict(answer.json["headers"])
    assert answer.json["target"] == "/one/echo?a=b"
    assert told["x-forwarded-proto"] == "https"
    assert told["x-forwarded-for"] == "127.0.0.1"
    assert told["x-forwarded-host"] == told["host"] == f"{HOST}:{secure.tls[1]}"


def test_curl_sends_and_receives_a_megabyte(secure: Gateway) -> None:
    """Whole, in both versions of HTTP."""
    for option in ("--http1.1", "--http2"):
        sent = b"m" * (1 << 20)
        told = curl(url(secure, "/one/echo"), *at(secure), option, "--data-binary", "@-", data=sent).json
        assert told["length"] == len(sent)
        assert len(curl(url(secure, "/one/big/1048576"), *at(secure), option).body) == 1 << 20


def test_another_host_name_is_not_what_the_certificate_says(secure: Gateway) -> None:
    """Curl refuses, and no service is asked; so it does without the CA."""
    assert curl(url(secure, "/one/echo", "stranger.test"), *at(secure, "stranger.test")).exit == 60
    assert curl(url(secure, "/one/echo"), *at(secure)[:2]).exit == 60


def test_old_versions_are_refused(secure: Gateway) -> None:
    """TLS 1.0 and 1.1 get no answer, and no certificate, from a client that did ask and would take them."""
    for version in ("-tls1", "-tls1_1"):
        said = s_client(secure, version, "-cipher", WEAK)
        assert re.search(r"has read [07] bytes and written [1-9]\d+ bytes", said), said
        assert "no peer certificate available" in said
        assert "Cipher is (NONE)" in said
    options = ("--tlsv1.1", "--tls-max", "1.1", "--ciphers", WEAK)
    assert curl(url(secure, "/one/echo"), *at(secure), *options).exit == 35


def test_the_name_chooses_the_certificate(secure: Gateway) -> None:
    """Exact, by a wildcard of one label, and the first one for no name or an unknown one."""
    wanted = {
        HOST: "site",
        OTHER: "models",
        f"a.{OTHER}": "models",
        f"a.b.{OTHER}": "site",
        "else.test": "site",
    }
    for name, expected in wanted.items():
        said = s_client(secure, "-servername", name)
        assert f"subject=CN = {expected}" in said, name
        assert "Verify return code: 0 (ok)" in said
    assert "subject=CN = site" in s_client(secure, "-noservername")
    for name in (HOST, OTHER, f"a.{OTHER}"):
        assert curl(url(secure, "/one/echo", name), *at(secure, name)).status == 200


def test_openssl_sees_the_very_certificate(secure: Gateway, authority: Authority) -> None:
    """The serial number served is that of the file."""
    file = authority.issue("/CN=models", OTHER, f"*.{OTHER}").cert
    assert serial_of(s_client(secure, "-servername", OTHER)) == serial_of(file)


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [("h2,http/1.1", "h2"), ("http/1.1,h2", "h2"), ("h2", "h2"), ("http/1.1", "http/1.1"), ("spdy/1", "")],
)
@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_alpn(secure: Gateway, offered: str, chosen: str, version: str) -> None:
    """HTTP/2 where the client can speak it, else HTTP/1.1."""
    said = s_client(secure, "-alpn", offered, version)
    assert (f"ALPN protocol: {chosen}" if chosen else "No ALPN negotiated") in said


def test_curl_gets_the_protocol_that_it_asks_for(secure: Gateway) -> None:
    """By ALPN; without it, it is HTTP/1.1."""
    cases = {"--http2": "HTTP/2", "--http1.1": "HTTP/1.1", "--no-alpn": "HTTP/1.1"}
    for option, version in cases.items():
        answer = curl(url(secure, "/one/echo"), *at(secure), option)
        assert (answer.exit, answer.version, answer.status) == (0, version, 200), answer.said


@pytest.mark.parametrize("option", ["--http2", "--http1.1"])
def test_hsts_is_sent_with_every_answer_over_tls(secure: Gateway, option: str) -> None:
    """Also with the gateway's own; never over plain http."""
    for path in ("/one/echo", "/nowhere"):
        answer = curl(url(secure, path), *at(secure), option)
        assert answer.header("strict-transport-security") == "max-age=31536000"
        plain = curl("http://{}:{}{}".format(*secure.listen, path), "--http1.1")
        assert plain.status == answer.status
        assert "strict-transport-security" not in plain.headers


def test_both_listeners_answer_the_same(secure: Gateway) -> None:
    """A user has the same version over http and https, with HTTP/1.1 and HTTP/2."""
    for user in range(12):
        said = ("-H", f"x-user-id: {user}")
        answers = [
            curl("http://{}:{}/late/echo".format(*secure.listen), *said),
            curl(url(secure, "/late/echo"), *at(secure), "--http1.1", *said),
            curl(url(secure, "/late/echo"), *at(secure), "--http2", *said),
        ]
        assert len({answer.header("x-model-version") for answer in answers}) == 1
        assert {json.loads(answer.body)["service"] for answer in answers} == {
            answers[0].header("x-model-version")
        }


def test_a_kept_connection_carries_many_requests(secure: Gateway) -> None:
    """Curl asks three times over one connection."""
    one = url(secure, "/one/status/204")
    answer = curl(one, *at(secure), "--http1.1", "-w", "%{num_connects} ", one, one)
    assert answer.body.count(b"HTTP/1.1 204") == 2  # and the first, which is in the head
    assert answer.body.rstrip().endswith(b"0")


def test_a_session_is_resumed(secure: Gateway, tmp_path: Path) -> None:
    """With a ticket, where the client meets the worker that gave it."""
    ticket = str(tmp_path / "ticket")
    assert "New, TLSv1.2" in s_client(secure, "-tls1_2", "-sess_out", ticket)
    assert any("Reused, TLSv1.2" in s_client(secure, "-tls1_2", "-sess_in", ticket) for _ in range(40))
