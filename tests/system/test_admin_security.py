"""The admin side of a gateway as a person starts it: TLS, tokens, the Unix socket, refused starts."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.system.gateway_under_test import Gateway, up
from tests.tls_files import Authority
from tests.waiting import BOUND, until


def protect(folder: Path, section: str) -> None:
    """Give the routing.yaml of a folder a section about the admin side."""
    path = folder / "routing.yaml"
    path.write_text(f"admin: {section}\n{path.read_text()}")


def refused_start(folder: Path, *options: str) -> str:
    """Start a gateway that must not start, and return what it says."""
    run = subprocess.run(up(folder, *options), capture_output=True, text=True, check=False, timeout=BOUND)
    assert run.returncode == 1, run.stderr
    assert "Traceback" not in run.stderr
    return run.stderr


@pytest.fixture
def certified(folder: Path, authority: Authority) -> Path:
    """A folder whose admin side has a certificate and asks who comes."""
    pair = authority.issue("/CN=gateway", "gateway.example")
    (folder / "admin.pem").write_bytes(pair.cert.read_bytes())
    (folder / "admin.key").write_bytes(pair.key.read_bytes())
    protect(folder, "{auth: required, hosts: [gateway.example], tls: {cert: admin.pem, key: admin.key}}")
    return folder


def over_tls(gateway: Gateway, trusted: Path, path: str, **headers: str) -> tuple[int, Any, str]:
    """Ask the admin port over TLS, trusting one authority alone; return status, headers and the version."""
    port = gateway.admin.rpartition(":")[2]
    context = ssl.create_default_context(cafile=trusted)
    connection = http.client.HTTPSConnection("127.0.0.1", int(port), timeout=BOUND, context=context)
    try:
        connection.request("GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()})
        assert isinstance(connection.sock, ssl.SSLSocket)
        spoken = connection.sock.version() or ""
        answer = connection.getresponse()
        answer.read()
        return answer.status, answer.headers, spoken
    finally:
        connection.close()


def by_socket(gateway: Gateway, path: str) -> tuple[int, Any]:
    """Ask the Unix socket, and return the status and the JSON."""
    connection = http.client.HTTPConnection("gateway", timeout=BOUND)
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(str(gateway.folder / ".gateway" / "run" / "admin.sock"))
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("section", "options", "said"),
    [
        ("{auth: required}", ["--admin", "0.0.0.0:0"], "has no TLS"),
        ("{auth: open}", ["--admin", "0.0.0.0:0", "--admin-without-tls"], "asks nobody who they are"),
        ("{listen: '[::]:0'}", ["--admin", "", "--admin-without-auth"], "has no TLS"),
    ],
)
def test_what_others_could_reach_unprotected_does_not_start(
    folder: Path, section: str, options: list[str], said: str
) -> None:
    """The sentence says what is missing, what to do, and the flag that does without it."""
    protect(folder, section)
    told = refused_start(folder, *options)
    assert said in told
    assert "can be reached from other machines" in told
    assert "--admin-without-" in told


def test_tls_tokens_and_the_socket_of_one_gateway(certified: Path, authority: Authority) -> None:
    """The port speaks TLS alone and knows nobody without a token; every verb and check works as ever."""
    with Gateway(certified) as gateway:
        until(lambda: "the admin side wants a token and there is none" in gateway.said(), "for the hint")
        status, headers, spoken = over_tls(gateway, authority.cert, "/api/v1/status")
        assert (status, spoken) == (401, "TLSv1.3")
        made = gateway.run("token", "create", "ann", "--role", "viewer", "--json")
        assert made.returncode == 0, made.stderr
        text = json.loads(made.stdout)["token"]
        bearer = f"Bearer {text}"
        assert over_tls(gateway, authority.cert, "/api/v1/status", authorization=bearer)[0] == 200
        named = {"host": "gateway.example", "authorization": bearer}
        status, headers, _ = over_tls(gateway, authority.cert, "/api/v1/status", **named)
        assert (status, headers["strict-transport-security"]) == (200, "max-age=31536000")
        assert over_tls(gateway, authority.cert, "/healthz", host="evil.example")[0] == 421
        _plain_is_not_answered(gateway)
        _old_tls_is_not_spoken(gateway)
        found, told = by_socket(gateway, "/api/v1/status")
        assert (found, told["processes"][0]["healthy"]) == (200, True)
        _verbs_work(gateway)
        assert text not in gateway.said()
        assert text not in "".join(path.read_text() for path in certified.glob("*.yaml"))


def _plain_is_not_answered(gateway: Gateway) -> None:
    port = gateway.admin.rpartition(":")[2]
    with socket.create_connection(("127.0.0.1", int(port)), BOUND) as wire:
        wire.sendall(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n")
        try:
            assert not wire.recv(4096).startswith(b"HTTP/")
        except ConnectionError:
            pass  # it was reset, which is no answer either


def _old_tls_is_not_spoken(gateway: Gateway) -> None:
    host, _, port = gateway.admin.rpartition(":")
    run = subprocess.run(
        ["openssl", "s_client", "-connect", f"{host}:{port}", "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        check=False,
        timeout=BOUND,
    )
    assert run.returncode != 0


def _verbs_work(gateway: Gateway) -> None:
    """Health is asked for on the Unix socket, also after a reload and after a kill."""
    until(lambda: _control_is_well(gateway), "for the control process")
    for verb in (
        ["set-weight", "canary=10"],
        ["rollback", "--reason", "a test"],
        ["reload"],
        ["history"],
    ):
        run = gateway.run(*verb)
        assert run.returncode == 0, (verb, run.stderr)
    until(lambda: _control_is_well(gateway), "for the control process after the reload")
    gateway.kill("control")
    until(lambda: _control_is_well(gateway), "for the next control process")
    mode = (gateway.folder / ".gateway" / "run" / "admin.sock").stat().st_mode
    assert (stat.S_ISSOCK(mode), stat.S_IMODE(mode)) == (True, 0o600)


def _control_is_well(gateway: Gateway) -> bool:
    states = [one["state"] for one in gateway.status()["processes"] if one["role"] == "control"]
    return states == ["healthy"]


def test_off_loopback_in_so_many_words(folder: Path) -> None:
    """Without TLS of its own it still asks who comes; nothing is left of the socket in the end."""
    with Gateway(folder, "--admin", "0.0.0.0:0", "--admin-without-tls") as gateway:
        port = int(gateway.admin.rpartition(":")[2])
        for host, expected in (("localhost", 401), ("127.0.0.1", 401), ("evil.example", 421)):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=BOUND)
            connection.request("GET", "/api/v1/status", headers={"host": host})
            assert connection.getresponse().status == expected
            connection.close()
        run = (folder / ".gateway" / "run").resolve()
        assert (run / "admin.sock").exists()
    assert not run.exists()


def test_what_is_saved_meanwhile_does_not_unprotect_it(certified: Path, authority: Authority) -> None:
    """A reload to no TLS is refused; a control process that is killed comes back as it was started."""
    with Gateway(certified, "--admin", "0.0.0.0:0") as gateway:
        path = certified / "routing.yaml"
        path.write_text(path.read_text().replace(", tls: {cert: admin.pem, key: admin.key}", ""))
        until(lambda: "admin.tls admin.pem (admin.key) -> none" in gateway.said(), "for the save")
        run = gateway.run("reload")
        assert run.returncode == 1
        assert "has no TLS" in run.stdout + run.stderr
        gateway.kill("control")
        until(lambda: _control_is_well(gateway), "for the next control process")
        _plain_is_not_answered(gateway)
        assert over_tls(gateway, authority.cert, "/api/v1/status")[0] == 401
