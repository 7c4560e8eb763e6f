"""The way to a replica: Unix sockets, TCP, TLS; and what is said when there is none."""

from __future__ import annotations

import asyncio
import logging
import ssl
from dataclasses import replace

import pytest

from gateway.proxy.connector import Connector, reason
from gateway.proxy.endpoint import Endpoint
from gateway.routing.settings import UpstreamTls
from tests.proxy.conftest import Stage, until
from tests.proxy.fleet import backend, service_at, shared


async def test_connecting_has_a_time_limit(stage: Stage) -> None:
    """A replica whose backlog is full is down after it."""
    blue = stage.down()
    blue.socket.listen(0)
    await stage.client(int(blue.url.rpartition(":")[2]))
    endpoint = backend(service_at(blue.url)).endpoints[0]
    with pytest.raises(TimeoutError):
        await endpoint.open(0.05)
    assert not endpoint.up


async def test_a_replica_may_answer_on_a_unix_socket(stage: Stage) -> None:
    """As those that the gateway supervises do."""
    path = stage.folder / "r.sock"
    accepted: asyncio.Queue[asyncio.StreamWriter] = asyncio.Queue()
    server = await asyncio.start_unix_server(lambda _, writer: accepted.put_nowait(writer), path)
    endpoint = Endpoint(backend(service_at("http://127.0.0.1:1")), shared(), str(path))
    made = await endpoint.open(1.0)
    assert (str(endpoint), endpoint.authority) == (str(path), b"localhost")
    made.close()
    (await accepted.get()).close()
    server.close()
    await until(lambda: made.lost)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("http://models.example:8080", "models.example:8080"),
        ("http://[::1]:80", "[::1]:80"),
        ("https://a:443", "a:443"),
    ],
)
async def test_a_replica_is_called_by_its_host_and_port(address: str, name: str) -> None:
    """In messages, and in requests of our own."""
    connector = Connector(shared(), address, None)
    assert (str(connector), connector.authority) == (name, name.encode())


async def test_an_ipv6_address_is_reached_without_its_brackets() -> None:
    """They belong to the url alone."""
    endpoint = backend(service_at("http://[::1]:1")).endpoints[0]
    with pytest.raises(OSError, match="refused"):
        await endpoint.open(1.0)
