"""A model service as a real process: it starts, answers, drains and leaves."""

from __future__ import annotations

import array
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from tests.waiting import BOUND, until

ROOT = Path(__file__).parents[2]
PROGRAM = """
import sys
from pathlib import Path
from gateway.errors import GatewayError
from gateway.serving.service import serve
try:
    serve(Path(sys.argv[1]), sys.argv[2], lifeline=sys.argv[3] == "lifeline")
except GatewayError as error:
    sys.exit(str(error))
"""
INFER = "/v2/models/small/infer"
MakeFolder = Callable[..., Path]


def _start(folder: Path, listen: str, mode: str = "alone") -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", PROGRAM, str(folder), listen, mode],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def _connect(path: Path) -> socket.socket:
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(BOUND)
    try:
        client.connect(str(path))
    except OSError:
        client.close()
        raise
    return client


def _client(path: Path) -> httpx.Client:
    transport = httpx.HTTPTransport(uds=str(path))
    return httpx.Client(transport=transport, base_url="http://test", timeout=BOUND)


def _can_connect(path: Path) -> bool:
    try:
        _connect(path).close()
    except OSError:
        return False
    return True


@contextmanager
def _running(folder: Path, path: Path, mode: str = "alone") -> Iterator[subprocess.Popen[bytes]]:
    """A service on a Unix socket that can be connected to; killed at the end if it is still there."""
    process = _start(folder, f"unix:{path}", mode)
    try:
        until(lambda: process.poll() is not None or _can_connect(path), "for the service to listen")
        yield process
    finally:
        process.kill()
        process.communicate()


def _end(process: subprocess.Popen[bytes]) -> tuple[int, str]:
    """The exit code and what was written to standard error."""
    _, errors = process.communicate(timeout=BOUND)
    return process.returncode, errors.decode()


def _post(body: object) -> tuple[bytes, bytes]:
    payload = json.dumps(body).encode()
    head = f"POST {INFER} HTTP/1.1\r\nhost: test\r\ncontent-length: {len(payload)}\r\n\r\n"
    return head.encode(), payload


def _read_to_end(client: socket.socket) -> bytes:
    answer = b""
    while piece := client.recv(65536):
        answer += piece
    return answer


def test_requests_over_a_unix_socket(make_folder: MakeFolder, tmp_path: Path, body: dict[str, Any]) -> None:
    """A service answers an ordinary client over one connection that is kept, and logs nothing."""
    path = tmp_path / "s.sock"
    with _running(make_folder(), path) as process:
        with _client(path) as client:
            for _ in range(5):
                answer = client.post(INFER, json=body)
                assert (answer.status_code, answer.json()["model_version"]) == (200, "v7")
            assert client.get("/v2/health/ready").json() == {"ready": True}
            assert client.post(INFER, content=b"{").status_code == 400
        process.terminate()
        assert _end(process) == (0, "")
    assert not path.exists()


def test_requests_over_tcp(make_folder: MakeFolder, body: dict[str, Any]) -> None:
    """With port 0 the system chooses; the address that is printed answers from then on."""
    process = _start(make_folder(), "127.0.0.1:0")
    try:
        assert process.stdout is not None
        line = process.stdout.readline().decode()
        assert line.startswith("small v7 answers on http://127.0.0.1:")
        with httpx.Client(base_url=line.split()[-1], timeout=BOUND) as client:
            assert client.post(INFER, json=body).status_code == 200
        process.send_signal(signal.SIGINT)
        assert _end(process) == (0, "")
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("cause", ["SIGTERM", "lifeline"])
def test_a_request_in_flight_is_finished(
    make_folder: MakeFolder, tmp_path: Path, body: dict[str, Any], cause: str
) -> None:
    """Told to stop in the middle of a request, a service takes no more, answers that one and exits with 0."""
    path = tmp_path / "s.sock"
    head, payload = _post(body)
    with _running(make_folder(), path, mode="lifeline") as process, _connect(path) as client:
        client.sendall(head + payload[:20])
        until(lambda: _was_read(client), "for the service to read the first part")
        if cause == "SIGTERM":
            process.terminate()
        else:
            cast(Any, process.stdin).close()
            process.stdin = None
        until(lambda: not _can_connect(path), "for the service to stop accepting")
        client.sendall(payload[20:])
        answer = _read_to_end(client)
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"connection: close" in answer
        assert b'"model_version":"v7"' in answer
        assert _end(process) == (0, "")


def _was_read(client: socket.socket) -> bool:
    """Whether the other side has taken everything that was sent: nothing is left in the socket's queue."""
    left = array.array("i", [0])
    fcntl.ioctl(client.fileno(), termios.TIOCOUTQ, left)
    return left[0] == 0


def test_an_idle_connection_does_not_hold_it_up(
    make_folder: MakeFolder, tmp_path: Path, body: dict[str, Any]
) -> None:
    """A connection that waits for nothing is closed, and the service leaves at once."""
    path = tmp_path / "s.sock"
    head, payload = _post(body)
    with _running(make_folder(), path) as process, _connect(path) as client:
        client.sendall(head + payload)
        assert client.recv(65536).startswith(b"HTTP/1.1 200 OK\r\n")
        process.terminate()
        _read_to_end(client)
        assert _end(process)[0] == 0


def test_a_lifeline_that_is_closed_from_the_start(make_folder: MakeFolder, tmp_path: Path) -> None:
    """A supervisor that died while the model was loading does not leave an orphan behind."""
    process = _start(make_folder(), f"unix:{tmp_path / 's.sock'}", mode="lifeline")
    assert _end(process) == (0, "")  # communicate closes standard input


def test_without_a_lifeline_the_end_of_input_means_nothing(
    make_folder: MakeFolder, tmp_path: Path, body: dict[str, Any]
) -> None:
    """A service started by hand, or with its input closed, stays."""
    path = tmp_path / "s.sock"
    with _running(make_folder(), path) as process:
        cast(Any, process.stdin).close()
        process.stdin = None
        with _client(path) as client:
            assert client.post(INFER, json=body).status_code == 200
        assert process.poll() is None


def test_after_a_kill_the_next_one_starts(make_folder: MakeFolder, tmp_path: Path) -> None:
    """kill -9 leaves a stale socket behind; the next process replaces it."""
    path = tmp_path / "s.sock"
    folder = make_folder()
    with _running(folder, path) as process:
        process.kill()
        _end(process)
        assert path.is_socket()
    with _running(folder, path) as process:
        assert process.poll() is None


def test_a_refused_model_never_listens(make_folder: MakeFolder, tmp_path: Path) -> None:
    """A model that cannot be loaded means a message and exit code 1, and no socket that promises answers."""
    path = tmp_path / "s.sock"
    code, errors = _end(_start(make_folder(libraries={"numpy": "0.1"}), f"unix:{path}"))
    assert code == 1
    assert "was made with numpy 0.1 (here: " in errors
    assert not path.exists()


def test_a_bad_address_is_told_before_the_model_is_loaded(tmp_path: Path) -> None:
    """The address is the first thing that is checked: it costs nothing."""
    code, errors = _end(_start(tmp_path / "nowhere", "9001"))
    assert code == 1
    assert "expected host:port" in errors


def test_a_failing_model_is_logged_with_its_folder(make_folder: MakeFolder, tmp_path: Path) -> None:
    """A warning in the log says which of several services it comes from."""
    path = tmp_path / "s.sock"
    folder = make_folder()
    with _running(folder, path) as process, _connect(path) as client:
        client.sendall(b"this is not HTTP\r\n\r\n")
        assert _read_to_end(client).startswith(b"HTTP/1.1 400")
        process.terminate()
        code, errors = _end(process)
    assert code == 0
    assert f"WARNING {folder}: Invalid HTTP request received." in errors


def test_warming_up_passes_over_models_that_do_not_load(tmp_path: Path) -> None:
    """A spare must be there for the others; the replica itself says what is wrong."""
    code = (
        "import sys\nfrom pathlib import Path\nfrom gateway.serving.service import warm_up\n"
        "warm_up([Path(path) for path in sys.argv[1:]])\nassert 'sklearn.linear_model' in sys.modules\n"
    )
    model = Path(__file__).parents[2] / "model_versions" / "v1"
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path), str(model)], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
