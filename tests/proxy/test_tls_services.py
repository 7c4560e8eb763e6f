"""TLS to services: whom we trust, what we show, and that both follow their files."""

from __future__ import annotations

import logging
import ssl
from pathlib import Path

import pytest

from gateway.proxy.certificates import TlsProblem
from gateway.proxy.tls import ServerTls, upstream_context
from gateway.routing.settings import UpstreamTls
from tests.proxy.tls_talk import copy, listening, refused, replace, settings, talk, who
from tests.tls_files import Authority, Pair


def _server(pair: Pair, *more: Pair, client_ca: Path | str = "", **others: object) -> ServerTls:
    return ServerTls(pair.cert.parent, settings(pair, *more, client_ca=client_ca, **others))


def _trusting(ca: Authority | None, *, verify: bool = True) -> ssl.SSLContext:
    return upstream_context(Path("/"), UpstreamTls(ca=str(ca.cert) if ca else "", verify=verify))


async def test_a_service_is_trusted_by_its_ca_and_its_name(
    ca: Authority, stranger: Authority, pair: Pair
) -> None:
    """The name may be an address; `verify` False trusts anybody."""
    async with listening(_server(pair).context) as port:
        for name in ("a.example", "127.0.0.1"):
            async with talk(port, _trusting(ca), name) as found:
                assert found.who == "old"
                assert found.tls.selected_alpn_protocol() == "http/1.1"
        with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
            await who(port, _trusting(ca), "b.example")
        for context in (_trusting(stranger), _trusting(None), upstream_context(Path(), None)):
            with pytest.raises(ssl.SSLCertVerificationError, match="unable to get local issuer"):
                await who(port, context, "a.example")
        async with talk(port, _trusting(None, verify=False), "b.example") as found:
            assert await found.ask() == b""


async def test_a_service_is_shown_our_certificate(ca: Authority, pair: Pair, tmp_path: Path) -> None:
    """A renewed one on connections from then on."""
    ours = Pair(tmp_path / "ours.pem", tmp_path / "ours.key")
    copy(ca.issue("/CN=gateway"), ours)
    tls = UpstreamTls(str(ca.cert), "ours.pem", "ours.key")
    async with listening(_server(pair, client_ca=ca.cert).context) as port:
        for name in ("gateway", "renewed"):
            copy(ca.issue("/CN=" + name), ours)
            async with talk(port, upstream_context(tmp_path, tls), "a.example") as found:
                assert f'Subject="CN={name}"'.encode() in await found.ask()
        await refused(port, _trusting(ca), "a.example")


def test_a_context_for_services_is_made_once(ca: Authority, pair: Pair) -> None:
    """As long as settings and files are the same: reading the system's CAs takes milliseconds."""
    assert upstream_context(Path(), None) is upstream_context(Path(), UpstreamTls())
    assert _trusting(ca) is _trusting(ca)
    assert _trusting(ca) is not _trusting(ca, verify=False)


def test_files_for_services_that_break_leave_the_old_ones_in_use(
    ca: Authority, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Told once; at first they are an error."""
    tls = UpstreamTls(ca="ca.pem")
    with pytest.raises(TlsProblem, match=r"ca\.pem: cannot be read"):
        upstream_context(tmp_path, tls)
    replace(ca.cert, tmp_path / "ca.pem")
    context = upstream_context(tmp_path, tls)
    (tmp_path / "ca.pem").write_text("half")
    assert upstream_context(tmp_path, tls) is context
    assert upstream_context(tmp_path, tls) is context
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    replace(ca.cert, tmp_path / "ca.pem")
    assert upstream_context(tmp_path, tls) is not context
