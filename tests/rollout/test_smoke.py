"""Requests to one replica: what counts as an answer, and what does not."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from gateway.outcall import CallFailed
from gateway.rollout.smoke import Replica, Sample, ask, is_there, replicas, try_out
from gateway.routing.places import Places
from gateway.routing.plan import Service
from tests.refusing_port import refusing_port
from tests.rollout.listener import listening
from tests.waiting import BOUND

SAMPLE = Sample("/v2/models/late/infer", b'{"inputs": []}')


@pytest.fixture
def unix(tmp_path: Path) -> Iterator[Path]:
    """A replica on a Unix socket that answers 200."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def address_string(self) -> str:
            return "unix"

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    path = tmp_path / "s"
    with socketserver.ThreadingUnixStreamServer(str(path), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield path
        server.shutdown()
        thread.join()


def test_a_replica_of_ours_is_asked_on_its_socket(unix: Path, tmp_path: Path) -> None:
    """As workers do; one that is not there is not there."""
    replica = Replica("green replica 0", str(unix))
    assert is_there(replica, 1.0, tmp_path)
    assert ask(replica, "GET", "/v2/health/ready", timeout=BOUND, folder=tmp_path).body == b"{}"
    assert not is_there(Replica("green replica 1", str(unix) + "x"), 1.0, tmp_path)


def test_each_replica_of_a_service_is_found(tmp_path: Path) -> None:
    """By number where we run them, else by url."""
    places = Places(tmp_path)
    own = replicas(places, Service("green", model="m", replicas=2))
    assert [found.name for found in own] == ["green replica 0", "green replica 1"]
    assert own[1].address == str(places.socket("green", "m", 1))
    theirs = replicas(places, Service("green", urls=("http://a:1", "https://b:2")))
    assert [found.address for found in theirs] == ["http://a:1", "https://b:2"]


def test_nobody_there_is_said() -> None:
    """By the name of the replica."""
    with refusing_port() as port, pytest.raises(CallFailed, match="green at x could not be asked"):
        ask(Replica("green at x", f"http://127.0.0.1:{port}"), "GET", "/", timeout=1, folder=Path())


@pytest.mark.parametrize(
    "body",
    [
        b'{"outputs": [{"name": "p", "data": [0.25, true, 3, "word"]}]}',
        b'{"predictions": [1]}',
        b"a language of its own",
    ],
)
def test_a_sound_answer_passes(body: bytes, tmp_path: Path) -> None:
    """Each sample is sent as often as asked, and every answer timed."""
    with listening() as server:
        server.answers = [(200, body)]
        replica = Replica("r", server.url)
        taken = try_out(replica, [SAMPLE] * 2, times=3, timeout=BOUND, folder=tmp_path)
        assert len(taken) == len(server.asked) == 6
        assert server.asked[0][1] == SAMPLE.path
        assert server.asked[0][3] == SAMPLE.body


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ((500, b"model is broken"), "with 500: model is broken"),
        ((404, b""), "with 404"),
        ((200, b'{"outputs": []}'), "no usable outputs"),
        ((200, b'{"outputs": [{"name": "p"}]}'), "no usable outputs"),
        ((200, b'{"outputs": [{"name": "p", "data": [null]}]}'), "no usable outputs"),
        ((200, b'{"outputs": [{"name": "p", "data": [NaN]}]}'), "no usable outputs"),
        ((200, b'{"outputs": [{"name": "p", "data": []}]}'), "no usable outputs"),
    ],
)
def test_an_unsound_answer_is_a_failure(answer: tuple[int, bytes], says: str, tmp_path: Path) -> None:
    """No success, or a prediction that is none."""
    with listening() as server:
        server.answers = [answer]
        with pytest.raises(CallFailed, match=says):
            try_out(Replica("r", server.url), [SAMPLE], times=1, timeout=BOUND, folder=tmp_path)
