"""Requests go over one connection, end in time, and fail in a way that says what to do next."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from gateway.outcall import MOST_BYTES
from gateway.requestlog.sinks.target import SendFailed
from gateway.requestlog.sinks.wire import Wire
from tests.requestlog.sinks.collector_site import Collector
from tests.rollout.listener import listening
from tests.waiting import BOUND


@pytest.fixture
def collector() -> Iterator[Collector]:
    """A server that takes everything."""
    made = Collector()
    yield made
    made.close()


def failure(wire: Wire) -> SendFailed:
    """Return how a request fails."""
    with pytest.raises(SendFailed) as caught:
        wire.post(b"{}", {})
    wire.close()
    return caught.value


def test_requests_share_a_connection(collector: Collector) -> None:
    """Also after an answer that was refused."""
    ports = set()
    collector.answer = lambda asked: (503 if asked.body == b"2" else 200, {}, b"said")
    wire = Wire(f"{collector.url}/a?b=c", BOUND)
    for body in (b"1", b"2", b"3"):
        try:
            assert wire.post(body, {"x-a": "ü".encode().hex()}).body == b"said"
        except SendFailed:
            assert body == b"2"
        ports.add(wire._connection.sock.getsockname())
    wire.close()
    assert len(ports) == 1
    assert [(asked.path, asked.body, asked.headers["x-a"]) for asked in collector.taken] == [
        ("/a?b=c", b"1", "c3bc"),
        ("/a?b=c", b"3", "c3bc"),
    ]


def test_a_connection_closed_meanwhile_is_replaced(collector: Collector) -> None:
    """It is not the target's failure that it was idle for long."""
    wire = Wire(collector.url, BOUND)
    wire.post(b"1", {})
    collector.down()
    collector.up()
    wire.post(b"2", {})
    wire.close()
    assert len(collector.taken) == 2


def test_nobody_there_is_said_without_the_path(collector: Collector) -> None:
    """The path may hold a token."""
    wire = Wire(f"{collector.url}/secret", BOUND)
    wire.post(b"1", {})
    collector.down()
    found = failure(wire)
    collector.up()
    assert "could not be asked" in str(found)
    assert "secret" not in str(found)
    assert not found.refused


@pytest.mark.parametrize("status", [400, 413, 422])
def test_content_may_be_refused(status: int, collector: Collector) -> None:
    """Then it is of no use to send it again."""
    collector.answer = lambda _: (status, {}, b'{"message":"no such field"}')
    found = failure(Wire(collector.url, BOUND))
    assert found.refused
    assert f'answered {status}: {{"message":"no such field"}}' in str(found)


@pytest.mark.parametrize("status", [302, 401, 403, 404, 405, 408, 429, 500, 503])
def test_any_other_answer_means_to_come_again(status: int, collector: Collector) -> None:
    """A token that ran out or a wrong path must not cost a single record."""
    collector.answer = lambda _: (status, {"retry-after": "17"}, b"")
    found = failure(Wire(collector.url, BOUND))
    assert (found.refused, found.retry_after) == (False, 17.0)


def test_retry_after_may_be_a_date(collector: Collector) -> None:
    """Or nonsense, which means nothing."""
    date = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    collector.answer = lambda _: (503, {"retry-after": date}, b"")
    assert 3600 - BOUND < failure(Wire(collector.url, BOUND)).retry_after <= 3600
    for text in ("soon", "-3", "99 bottles", "Fri, 99 Nov 2026 99:99:99 GMT"):
        collector.answer = lambda _, text=text: (503, {"retry-after": text}, b"")  # type: ignore[misc]
        assert failure(Wire(collector.url, BOUND)).retry_after == 0.0


def test_silence_ends_with_the_time_out() -> None:
    """Nobody waits for ever."""
    with listening() as server:
        server.answers = [None]
        assert "no answer within 0.2 s" in str(failure(Wire(server.url, 0.2)))


def test_an_answer_that_trickles_ends_with_the_time_out() -> None:
    """A byte now and then does not keep the sender for ever."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        over = threading.Event()

        def trickle() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
                while not over.wait(0.02):
                    try:
                        connection.sendall(b"x")
                    except OSError:
                        return

        thread = threading.Thread(target=trickle)
        thread.start()
        assert "no answer within 0.3 s" in str(
            failure(Wire(f"http://127.0.0.1:{listener.getsockname()[1]}", 0.3))
        )
        over.set()
        thread.join()


def test_an_endless_answer_is_cut(collector: Collector) -> None:
    """What a target says is of little interest."""
    collector.answer = lambda _: (200, {}, b"x" * (MOST_BYTES + 1))
    assert "more than" in str(failure(Wire(collector.url, BOUND)))


def test_garbage_is_no_answer() -> None:
    """It is somebody else's protocol."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"SSH-2.0-nobody\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        assert "could not be asked" in str(
            failure(Wire(f"http://127.0.0.1:{listener.getsockname()[1]}", BOUND))
        )
        thread.join()


@pytest.mark.parametrize("url", ["ftp://a", "http://", "a", "http://a:b", "http://u:p@a", "http://a:99999"])
def test_what_is_no_address_is_refused(url: str) -> None:
    """Before anybody is asked."""
    with pytest.raises(SendFailed):
        Wire(url, BOUND)


def test_the_environment_fills_in(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token need not stand in routing.yaml; one that is missing is named."""
    monkeypatch.setenv("SINK_TOKEN", "t0k")
    wire = Wire(collector.url + "/${SINK_TOKEN}", BOUND)
    wire.post(b"", {})
    wire.close()
    assert collector.taken[0].path == "/t0k"
    with pytest.raises(SendFailed, match="NO_SUCH_TOKEN"):
        Wire("http://a/${NO_SUCH_TOKEN}", BOUND)
