"""What containers need of a gateway beside them: is it ready, and its metrics where Prometheus finds them.

Both ask the admin side through its Unix socket, which only this user can open. So the admin port may stay on
loopback, and nothing but counters leaves the machine. Standard library alone, as a probe starts often:

    python admin_socket.py ready STATE_DIR                 exit status 0 once requests can be answered
    python admin_socket.py metrics STATE_DIR [HOST:PORT]   GET /metrics there, on every address unless told
"""

from __future__ import annotations

import http.client
import signal
import socket
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

TIMEOUT = 5.0
PASSED_ON = ("accept",)


class AdminConnection(http.client.HTTPConnection):
    """A connection to the admin side of the gateway with this state directory."""

    def __init__(self, state: Path) -> None:
        super().__init__("localhost", timeout=TIMEOUT)
        self._path = (state / "run").resolve() / "admin.sock"

    def connect(self) -> None:
        """Connect to the socket; raises OSError where no gateway runs."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(TIMEOUT)
        self.sock.connect(str(self._path))


def ask(state: Path, path: str, headers: dict[str, str] | None = None) -> tuple[int, str, bytes]:
    """Ask the admin side once; return status, content type and body. Raises OSError or HTTPException."""
    connection = AdminConnection(state)
    try:
        connection.request("GET", path, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.getheader("content-type", "text/plain"), answer.read()
    finally:
        connection.close()


def ready(state: Path) -> int:
    """Return 0 where the gateway can answer requests, else say why not and return 1."""
    try:
        status, _, body = ask(state, "/readyz")
    except (OSError, http.client.HTTPException) as error:
        print(f"not ready: nothing answers for {state}: {error}", file=sys.stderr)
        return 1
    if status != 200:
        print(f"not ready: {body.decode(errors='replace').strip()}", file=sys.stderr)
    return 0 if status == 200 else 1


class Relay(ThreadingHTTPServer):
    """Answers GET /metrics with what the admin side says, and everything else with 404."""

    daemon_threads = True

    def __init__(self, state: Path, address: tuple[str, int]) -> None:
        super().__init__(address, _Handler)
        self.state = state


class _Handler(BaseHTTPRequestHandler):
    server: Relay
    timeout = TIMEOUT

    def do_GET(self) -> None:
        if self.path != "/metrics":
            self._say(404, "text/plain", b"only /metrics is here\n")
            return
        wanted = {name: value for name in PASSED_ON if (value := self.headers.get(name))}
        try:
            self._say(*ask(self.server.state, "/metrics", wanted))
        except (OSError, http.client.HTTPException) as error:
            self._say(503, "text/plain", f"the gateway does not answer: {error}\n".encode())

    def _say(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: a scrape every few seconds is no news."""


def main(arguments: list[str]) -> int:
    """Do what the first argument says; 2 where that is not understood."""
    match arguments:
        case ["ready", state]:
            return ready(Path(state))
        case ["metrics", state, *address] if len(address) < 2:
            host, _, port = (address[0] if address else "0.0.0.0:9100").rpartition(":")
            signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
            with Relay(Path(state), (host, int(port))) as relay:
                relay.serve_forever()
            return 0
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
