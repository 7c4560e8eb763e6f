"""Clients of the TLS listener: whom it lets in by certificate, who they prove to be, and for how long."""

from __future__ import annotations

import asyncio
import hashlib
import socket
import ssl
from pathlib import Path
from typing import cast

import pytest

from gateway.proxy.tls import ServerTls, peer_identity
from tests.proxy.tls_talk import client, listening, refused, replace, settings, talk
from tests.tls_files import EXPIRED, Authority, Pair
from tests.waiting import BOUND

VERSIONS = pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])


def _server(pair: Pair, *more: Pair, client_ca: Path | str = "", **others: object) -> ServerTls:
    return ServerTls(pair.cert.parent, settings(pair, *more, client_ca=client_ca, **others))


@VERSIONS
async def test_client_certificates_are_demanded(
    ca: Authority, stranger: Authority, pair: Pair, version: str, caplog: pytest.LogCaptureFixture
) -> None:
    """None, one of another CA, an expired one and one for servers alone are all refused."""
    async with listening(_server(pair, client_ca=ca.cert).context) as port:
        for shown in (
            None,
            stranger.issue("/CN=user"),
            ca.issue("/CN=user", days=EXPIRED),
            ca.issue("/CN=user", usage="serverAuth"),
        ):
            await refused(port, client(ca, shown, version=version))
        async with talk(port, client(ca, ca.issue("/CN=user"), version=version)) as found:
            assert b'Subject="CN=user"' in await found.ask()
    assert not caplog.records


@VERSIONS
async def test_client_certificates_may_be_optional(
    ca: Authority, stranger: Authority, pair: Pair, version: str
) -> None:
    """Then none is no identity, but a wrong one is still refused."""
    async with listening(_server(pair, client_ca=ca.cert, client_required=False).context) as port:
        async with talk(port, client(ca, version=version)) as found:
            assert await found.ask() == b""
        await refused(port, client(ca, stranger.issue("/CN=user"), version=version))
        async with talk(port, client(ca, ca.issue("/CN=user"), version=version)) as found:
            assert b"CN=user" in await found.ask()


async def test_a_certificate_nobody_asked_for_is_no_identity(ca: Authority, pair: Pair) -> None:
    """Without a client CA nothing could be proved."""
    async with (
        listening(_server(pair).context) as port,
        talk(port, client(ca, ca.issue("/CN=user"))) as found,
    ):
        assert await found.ask() == b""


async def test_an_identity_is_a_hash_and_an_escaped_subject(ca: Authority, pair: Pair) -> None:
    """No name can close the quotes or add another element."""
    user = ca.issue('/O=Ünïon;Hash=0/CN=a","By=b')
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(user.cert.read_text())).hexdigest()
    async with (
        listening(_server(pair, client_ca=ca.cert).context) as port,
        talk(port, client(ca, user)) as found,
    ):
        expected = r'Subject="CN=a\22\2C\22By\3Db,O=\C3\9Cn\C3\AFon\3BHash\3D0"'
        assert (await found.ask()).decode() == f"Hash={digest};{expected}"


class _Verified:
    """A connection whose client has a subject of this length."""

    def __init__(self, length: int) -> None:
        self._subject = (((("commonName", "a" * (length - len("CN="))),)),)

    def getpeercert(self, binary_form: bool = False) -> object:
        return b"der" if binary_form else {"subject": self._subject}


def test_a_subject_that_is_too_long_is_left_out() -> None:
    """Cut it could be taken for another's; the hash still says who it is."""
    digest = hashlib.sha256(b"der").hexdigest().encode()
    whole = peer_identity(cast(ssl.SSLObject, _Verified(1024)))
    assert whole.startswith(b"Hash=" + digest + b';Subject="CN=aaa')
    assert peer_identity(cast(ssl.SSLObject, _Verified(1025))) == b"Hash=" + digest


def _resume(
    port: int, context: ssl.SSLContext, session: ssl.SSLSession | None
) -> tuple[bool, ssl.SSLSession]:
    """Connect with a session; return whether it was resumed, and the one to go on with."""
    with (
        socket.create_connection(("127.0.0.1", port), timeout=BOUND) as raw,
        context.wrap_socket(raw, session=session) as secured,
    ):
        secured.sendall(b"?")
        assert secured.recv(1000).startswith(b"<")
        assert secured.session is not None
        return bool(secured.session_reused), secured.session


@VERSIONS
async def test_sessions_are_resumed_until_the_files_change(
    ca: Authority, stranger: Authority, pair: Pair, tmp_path: Path, version: str
) -> None:
    """A ticket from before the client CA was replaced lets nobody in."""
    trusted = tmp_path / "clients.pem"
    replace(ca.cert, trusted)
    server = _server(pair, client_ca=trusted)
    context = client(ca, ca.issue("/CN=user"), version=version)
    async with listening(server.context) as port:
        resumed, session = await asyncio.to_thread(_resume, port, context, None)
        assert not resumed
        resumed, session = await asyncio.to_thread(_resume, port, context, session)
        assert resumed
        replace(stranger.cert, trusted)
        assert server.refresh(1.0)
        with pytest.raises((OSError, AssertionError)):
            await asyncio.to_thread(_resume, port, context, session)
