"""The way to a replica: Unix sockets, TCP, TLS; and what is said when there is none."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.proxy.connector import Connector, reason
from gateway.proxy.endpoint import Endpoint
from gateway.proxy.pool import Backend
from gateway.routing.places import Places
from gateway.routing.settings import Traffic, UpstreamTls
from tests.proxy.fleet import backend, service_at, shared
from tests.proxy.peer import until
from tests.proxy.stage import Stage
from tests.tls_files import Authority, Pair
from tests.waiting import BOUND


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
    made = await endpoint.open(BOUND)
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
        await endpoint.open(BOUND)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Who signed the service's certificate."""
    return Authority(tmp_path_factory.mktemp("ca"), "services")


class Secure:
    """A service over TLS that remembers the names it was asked for."""

    def __init__(self, pair: Pair) -> None:
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.context.load_cert_chain(pair.cert, pair.key)
        self.context.sni_callback = self._asked
        self.asked: list[str | None] = []
        self.url = ""

    def _asked(self, connection: object, name: str | None, context: object) -> None:
        self.asked.append(name)

    async def listen(self) -> asyncio.Server:
        """Begin to accept connections."""
        server = await asyncio.start_server(self._hang_up, "127.0.0.1", 0, ssl=self.context)
        self.url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        return server

    @staticmethod
    async def _hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()


def tls_backend(url: str, tls: UpstreamTls, folder: Path = Path()) -> Backend:
    """Return a service that is reached over TLS, as a worker of the running loop sees it."""
    service = service_at(url, traffic=Traffic(tls=tls))
    return Backend(service, Places(Path("unused")), replace(shared(), folder=folder))


async def test_a_service_at_https_is_reached_over_tls(authority: Authority) -> None:
    """The authority is a file beside routing.yaml; the certificate holds for the name that is sent."""
    pair = authority.issue("/CN=models", "models.example")
    secure = Secure(pair)
    async with await secure.listen():
        tls = UpstreamTls(ca=authority.cert.name, server_name="models.example")
        endpoint = tls_backend(secure.url, tls, authority.cert.parent).endpoints[0]
        made = await endpoint.open(BOUND)
        assert made.transport.get_extra_info("ssl_object").version() == "TLSv1.3"
        assert secure.asked == ["models.example"]
        made.close()
        await until(lambda: made.lost)


async def test_without_a_name_the_address_must_be_in_the_certificate(authority: Authority) -> None:
    """An IP address is checked as one."""
    secure = Secure(authority.issue("/CN=models", "models.example"))
    async with await secure.listen():
        made = await tls_backend(secure.url, UpstreamTls(ca=str(authority.cert))).endpoints[0].open(BOUND)
        made.close()
        await until(lambda: made.lost)


async def test_a_service_that_cannot_prove_itself_is_down(
    authority: Authority, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Not one byte is sent to it; it is said which replica it is, and why it is not trusted."""
    secure = Secure(Authority(tmp_path, "somebody else").issue("/CN=models", "models.example"))
    async with await secure.listen():
        blue = tls_backend(secure.url, UpstreamTls(ca=str(authority.cert)))
        with pytest.raises(ssl.SSLCertVerificationError):
            await blue.endpoints[0].open(BOUND)
    assert not blue.up
    place = secure.url.removeprefix("https://")
    assert [record.getMessage() for record in caplog.records if record.name == "gateway.worker"] == [
        f"service blue: replica {place} is down: its certificate is not trusted: "
        "unable to get local issuer certificate"
    ]


async def test_a_certificate_of_another_name_is_not_enough(
    authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    """Though the right authority signed it."""
    secure = Secure(authority.issue("/CN=models", "models.example"))
    async with await secure.listen():
        tls = UpstreamTls(ca=str(authority.cert), server_name="other.example")
        with pytest.raises(ssl.SSLCertVerificationError):
            await tls_backend(secure.url, tls).endpoints[0].open(BOUND)
    assert "certificate is not valid for 'other.example'" in caplog.text


async def test_a_missing_authority_file_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The replica is down until the file is there."""
    blue = tls_backend("https://127.0.0.1:1", UpstreamTls(ca="missing.pem"), tmp_path)
    with pytest.raises(OSError, match=r"missing\.pem"):
        await blue.endpoints[0].open(BOUND)
    assert "service blue: replica 127.0.0.1:1 is down: " in caplog.text
    assert "missing.pem" in caplog.text


async def test_a_plain_service_at_https_is_down(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    """It is said that TLS was the trouble."""
    plain = await stage.service(lambda _: b"")
    plain_url = plain.url.replace("http:", "https:")
    endpoint = tls_backend(plain_url, UpstreamTls(verify=False)).endpoints[0]
    opening = asyncio.ensure_future(endpoint.open(BOUND))
    await until(lambda: plain.peers)
    plain.peers[0].writer.write(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")
    with pytest.raises(ssl.SSLError):
        await opening
    assert "is down: TLS failed: " in caplog.text


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "Connection refused"),
        (OSError("the file is missing"), "the file is missing"),
        (TimeoutError(), "no answer in time"),
    ],
)
def test_reasons_are_short(error: OSError, said: str) -> None:
    """What the system says, or what went wrong without its saying so."""
    assert reason(error) == said
