"""Entries of a Redis stream, each with the record's id."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from gateway.requestlog.sinks import redis_streams
from gateway.requestlog.sinks.redis_streams import RedisStreams
from gateway.requestlog.sinks.target import SendFailed
from tests.requestlog.sinks.items import items
from tests.requestlog.sinks.log_site import record
from tests.requestlog.sinks.redis_site import STREAM, Redis, require_redis
from tests.waiting import BOUND


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Redis]:
    """A server of its own."""
    require_redis()
    made = Redis(tmp_path)
    yield made
    made.close()


def test_each_record_is_an_entry_with_its_id(server: Redis) -> None:
    """In order."""
    target = RedisStreams(server.url, STREAM, BOUND)
    target.send(items(*map(record, range(20))))
    target.close()
    assert server.ids() == [record(number)["id"] for number in range(20)]
    assert orjson.loads(server.entries()[3]["data"]) == record(3)


def test_the_stream_keeps_about_so_many(server: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest go first."""
    monkeypatch.setattr(redis_streams, "MOST_ENTRIES", 100)
    target = RedisStreams(server.url, STREAM, BOUND)
    target.send(items(*map(record, range(1000))))
    target.close()
    assert 100 <= len(server.ids()) < 300
    assert server.ids()[-1] == record(999)["id"]


def test_a_server_that_is_gone_is_said(server: Redis) -> None:
    """And taken up again when it is back, on the same object."""
    target = RedisStreams(server.url, STREAM, BOUND)
    target.send(items(record(0)))
    server.down()
    with pytest.raises(SendFailed, match="Redis did not take it"):
        target.send(items(record(1)))
    server.up()
    target.send(items(record(1)))
    target.close()
    assert server.ids() == [record(0)["id"], record(1)["id"]]


def test_a_key_that_is_no_stream_is_no_reason_to_throw_away(server: Redis) -> None:
    """A person may mend that, who is told what the server said, without the command that holds the record."""
    target = RedisStreams(server.url, STREAM, BOUND)
    server._client.set(STREAM, "text")
    with pytest.raises(SendFailed, match="did not take it: WRONGTYPE") as caught:
        target.send(items(record(0)))
    assert not caught.value.refused
    assert record(0)["id"] not in str(caught.value)
    server._client.delete(STREAM)
    target.close()


def test_what_is_no_address_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """As is a variable that is missing."""
    with pytest.raises(SendFailed):
        RedisStreams("http://127.0.0.1", STREAM, 1.0)
    with pytest.raises(SendFailed, match="NO_SUCH_PASSWORD"):
        RedisStreams("redis://:${NO_SUCH_PASSWORD}@127.0.0.1", STREAM, 1.0)


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A person can act on it."""
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(SendFailed, match="the gateway's extra `redis`"):
        RedisStreams("redis://127.0.0.1", STREAM, 1.0)
