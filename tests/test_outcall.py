"""Requests to elsewhere end in time, follow nobody and say what went wrong."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from gateway.outcall import MOST_BYTES, CallFailed, call, from_environment
from tests.refusing_port import refusing_port
from tests.rollout.listener import listening
from tests.waiting import BOUND


def test_an_answer_is_returned_whatever_its_status() -> None:
    """Whether 404 is a failure is the caller's business."""
    with listening() as server:
        server.answers = [(404, b"nothing here")]
        answer = call("POST", server.url + "/a?b=c", body=b"{}", headers={"x-a": "1"}, timeout=BOUND)
        assert (answer.status, answer.body, answer.is_ok) == (404, b"nothing here", False)
        method, path, headers, body = server.asked[0]
        assert (method, path, headers["x-a"], body) == ("POST", "/a?b=c", "1", b"{}")


def test_a_redirect_is_not_followed() -> None:
    """Where a request goes is written in routing.yaml and nowhere else."""
    with listening() as server, listening() as other:
        server.answers = [(302, b"")]
        server.headers = {"location": other.url}
        assert call("GET", server.url, timeout=BOUND).status == 302
        assert not other.asked


def test_silence_ends_with_the_time_out() -> None:
    """And the text says who was silent for how long."""
    with listening() as server:
        server.answers = [None]
        with pytest.raises(CallFailed, match=r"127\.0\.0\.1:\d+ gave no answer within 0\.2 s"):
            call("GET", server.url + "/secret", timeout=0.2)


def test_an_answer_that_trickles_ends_with_the_time_out() -> None:
    """A byte now and then does not keep the caller for ever."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def trickle() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
                try:
                    while True:
                        connection.sendall(b"x")
                        time.sleep(0.02)
                except OSError:
                    return

        thread = threading.Thread(target=trickle)
        thread.start()
        began = time.monotonic()
        with pytest.raises(CallFailed, match="gave no answer"):
            call("GET", f"http://127.0.0.1:{port}/", timeout=0.3)
        assert time.monotonic() - began < BOUND  # all of it would take half an hour
        thread.join()


def test_an_answer_without_end_is_refused() -> None:
    """What is read is bounded."""
    with listening() as server:
        server.answers = [(200, b"x" * (MOST_BYTES + 1))]
        with pytest.raises(CallFailed, match="more than"):
            call("GET", server.url, timeout=BOUND)


def test_nobody_there_is_said() -> None:
    """A refused connection names the host and not the path, which may hold a secret."""
    with refusing_port() as port, pytest.raises(CallFailed) as failed:
        call("GET", f"http://127.0.0.1:{port}/hooks/s3cret", timeout=BOUND)
    assert f"127.0.0.1:{port} could not be asked" in str(failed.value)
    assert "s3cret" not in str(failed.value)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://a/", "http:///x", "nonsense"])
def test_only_http_is_asked(url: str) -> None:
    """No file is read and no other protocol spoken."""
    with pytest.raises(CallFailed, match="http"):
        call("GET", url, timeout=1)


def test_variables_come_from_the_environment() -> None:
    """Secrets stand in the environment; one that is missing is named."""
    assert from_environment("a${X}b${Y_2}", {"X": "1", "Y_2": "2"}) == "a1b2"
    assert from_environment("no $X here", {}) == "no $X here"
    with pytest.raises(CallFailed, match="no MISSING"):
        from_environment("${MISSING}", {})
