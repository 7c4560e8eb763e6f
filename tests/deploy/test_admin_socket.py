"""The probe and the relay of metrics, against a stand-in for the admin side on a Unix socket."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from deploy.admin_socket import Relay, main, ready
from tests.deploy.running import ask


class AdminSide(socketserver.ThreadingUnixStreamServer):
    """Answers /readyz as it is told to, and /metrics with the accept header that came."""

    daemon_threads = True
    is_ready = True


class Answers(BaseHTTPRequestHandler):
    """One request to the stand-in."""

    server: AdminSide

    def do_GET(self) -> None:
        """Answer."""
        assert self.headers["host"] == "localhost"
        body = f"accept {self.headers.get('accept')}" if self.path == "/metrics" else "no worker"
        self.send_response(200 if self.server.is_ready else 503)
        self.send_header("content-type", "text/plain; version=0.0.4")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def address_string(self) -> str:
        """Return who asks; a Unix socket has no name for that."""
        return "local"

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def served(server: socketserver.BaseServer) -> Iterator[None]:
    """Let a server answer in a thread."""
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def admin(tmp_path: Path) -> Iterator[AdminSide]:
    """An admin side whose socket is found through the link `run`, as that of a gateway is."""
    (tmp_path / "memory").mkdir()
    (tmp_path / "run").symlink_to("memory")
    server = AdminSide(str(tmp_path / "memory" / "admin.sock"), Answers)
    with served(server):
        yield server


def test_the_probe_tells_ready_from_not(
    admin: AdminSide, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit status 0 or 1, with the reason on standard error."""
    assert main(["ready", str(tmp_path)]) == 0
    admin.is_ready = False
    assert main(["ready", str(tmp_path)]) == 1
    assert capsys.readouterr().err == "not ready: no worker\n"


def test_the_probe_of_no_gateway_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It names the state directory."""
    assert ready(tmp_path) == 1
    assert f"nothing answers for {tmp_path}" in capsys.readouterr().err


def test_the_relay_passes_metrics_and_nothing_else(admin: AdminSide, tmp_path: Path) -> None:
    """GET /metrics with its accept header; every other path is 404, every other method refused."""
    relay = Relay(tmp_path, ("127.0.0.1", 0))
    port = relay.server_address[1]
    with served(relay):
        status, headers, body = ask(port, "/metrics", accept="application/openmetrics-text", cookie="a=b")
        assert (status, body) == (200, b"accept application/openmetrics-text")
        assert headers["content-type"] == "text/plain; version=0.0.4"
        for path in ("/", "/api/v1/status", "/metrics/../readyz", "/metrics?x=1"):
            assert ask(port, path)[0] == 404
        assert ask(port, "/api/v1/rollback", {})[0] == 501


def test_the_relay_says_that_the_gateway_is_away(tmp_path: Path) -> None:
    """503, so that Prometheus counts the target as down."""
    relay = Relay(tmp_path, ("127.0.0.1", 0))
    with served(relay):
        status, _, body = ask(relay.server_address[1], "/metrics")
    assert status == 503
    assert b"the gateway does not answer" in body


def test_wrong_usage_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit status 2 and how it is used."""
    assert main([]) == main(["metrics", "a", "b", "c"]) == 2
    assert "ready STATE_DIR" in capsys.readouterr().err
