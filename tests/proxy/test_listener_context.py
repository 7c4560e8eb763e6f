"""The contexts of a TLS listener: who is served which certificate, in which version and protocol."""

from __future__ import annotations

import asyncio
import importlib.util
import logging
import ssl
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.proxy.certificates import Facts
from gateway.proxy.listener_context import (
    Generation,
    Names,
    ServingContext,
    ignore_bad_server_names,
    speaks_http2,
)
from gateway.proxy.tls import ServerTls
from gateway.routing.settings import Tls
from tests.proxy.tls_talk import client, listening, refused, settings, talk, who
from tests.tls_files import Authority, Pair


@pytest.fixture(scope="session")
def pair(ca: Authority) -> Pair:
    """A certificate for a.example."""
    return ca.issue("/CN=a", "a.example")


@pytest.fixture(autouse=True)
def _ask_again() -> Iterator[None]:
    """Whether h2 is there is asked once for each process, but here for each test."""
    speaks_http2.cache_clear()
    yield
    speaks_http2.cache_clear()


def _context(tls: Tls) -> ssl.SSLContext:
    return ServerTls(Path(), tls).context


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
async def test_both_versions_are_served_with_modern_ciphers(ca: Authority, pair: Pair, version: str) -> None:
    """Forward secret, authenticated encryption, nothing compressed."""
    async with (
        listening(_context(settings(pair))) as port,
        talk(port, client(ca, version=version), "a.example") as found,
    ):
        await found.ask()
        assert found.tls.version() == version
        name = (found.tls.cipher() or ("",))[0]
        assert name.startswith(("TLS_", "ECDHE-"))
        assert "GCM" in name or "CHACHA20" in name
        assert found.tls.compression() is None


async def test_the_server_chooses_the_cipher(ca: Authority, pair: Pair) -> None:
    """Among those that both have, in TLS 1.2."""
    context = client(ca, version="TLSv1.2")
    context.set_ciphers(
        "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384"
    )
    async with listening(_context(settings(pair))) as port, talk(port, context) as found:
        assert (found.tls.cipher() or ("",))[0] == "ECDHE-ECDSA-AES256-GCM-SHA384"


@pytest.mark.parametrize("ciphers", ["ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES128-SHA256"])
async def test_ciphers_without_authentication_of_their_own_are_refused(
    ca: Authority, pair: Pair, ciphers: str
) -> None:
    """CBC with a MAC is not offered."""
    context = client(ca, version="TLSv1.2")
    context.set_ciphers(ciphers)
    async with listening(_context(settings(pair))) as port:
        await refused(port, context)


async def test_a_minimum_of_1_3_refuses_1_2(ca: Authority, pair: Pair) -> None:
    """And serves the newer one."""
    async with listening(_context(settings(pair, minimum="1.3"))) as port:
        await refused(port, client(ca, version="TLSv1.2"))
        assert await who(port, client(ca, version="TLSv1.3")) == "a"


async def _s_client(port: int, *arguments: str, say: bytes = b"") -> str:
    """Return all that openssl's client prints."""
    command = ["s_client", "-connect", f"127.0.0.1:{port}", *arguments]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        "openssl", *command, stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.STDOUT
    )
    return (await process.communicate(say))[0].decode(errors="replace")


async def test_tls_1_1_is_refused(pair: Pair) -> None:
    """Even to a client that has nothing better."""
    async with listening(_context(settings(pair))) as port:
        told = await _s_client(port, "-tls1_1", "-cipher", "DEFAULT:@SECLEVEL=0")
        assert "Cipher is (NONE)" in told


def test_nothing_is_left_to_the_defaults_of_openssl(pair: Pair) -> None:
    """They differ from version to version."""
    options = ServerTls(Path(), settings(pair)).context.newest.options
    for option in (ssl.OP_NO_RENEGOTIATION, ssl.OP_NO_COMPRESSION, ssl.OP_CIPHER_SERVER_PREFERENCE):
        assert options & option


async def test_nobody_may_renegotiate(pair: Pair) -> None:
    """A client that wants to is told no."""
    async with listening(_context(settings(pair))) as port:
        told = await _s_client(port, "-tls1_2", say=b"R\n")
        assert "RENEGOTIATING" in told
        assert "no renegotiation" in told


@pytest.mark.parametrize(
    ("installed", "http2", "offered", "chosen"),
    [
        (True, True, ("h2", "http/1.1"), "h2"),
        (True, True, ("http/1.1", "h2"), "h2"),
        (True, True, ("http/1.1",), "http/1.1"),
        (True, True, ("h3",), None),
        (True, True, (), None),
        (True, False, ("h2", "http/1.1"), "http/1.1"),
        (False, True, ("h2", "http/1.1"), "http/1.1"),
        (False, True, ("h2",), None),
    ],
)
async def test_the_protocol_is_chosen_by_alpn(
    ca: Authority,
    pair: Pair,
    monkeypatch: pytest.MonkeyPatch,
    installed: bool,
    http2: bool,
    offered: tuple[str, ...],
    chosen: str | None,
) -> None:
    """HTTP/2 first where it is wanted and installed; a client that offers neither is served without ALPN."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object() if installed else None)
    async with (
        listening(_context(settings(pair, http2=http2))) as port,
        talk(port, client(ca, alpn=offered)) as found,
    ):
        assert found.tls.selected_alpn_protocol() == chosen


def test_a_missing_package_is_told_once(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """However many certificates there are, and not where HTTP/2 is not wanted."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    caplog.set_level(logging.INFO, "gateway.tls")
    _context(settings(pair, http2=False))
    assert "h2" not in caplog.text
    _context(settings(pair, pair))
    _context(settings(pair))
    assert caplog.text.count("h2 is not installed") == 1


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
async def test_the_certificate_is_chosen_by_name(ca: Authority, pair: Pair, version: str) -> None:
    """Exact before wildcard, one label for a star, the first for no name, an address and any other name."""
    tls = settings(
        pair,
        ca.issue("/CN=wild", "*.b.example", "b.example"),
        ca.issue("/CN=exact", "www.b.example", "A.EXAMPLE"),
    )
    expected = {
        "a.example": "a",
        "A.Example": "a",
        "b.example": "wild",
        "x.b.example": "wild",
        "X.B.EXAMPLE": "wild",
        "www.b.example": "exact",
        "y.x.b.example": "a",
        "example": "a",
        "unknown.example": "a",
        "127.0.0.1": "a",
        "": "a",
    }
    async with listening(_context(tls)) as port:
        context = client(ca, version=version)
        assert {name: await who(port, context, name) for name in expected} == expected


async def test_every_certificate_has_the_same_rules(ca: Authority, pair: Pair) -> None:
    """ALPN and the demand for a client certificate do not depend on the name."""
    tls = settings(pair, ca.issue("/CN=b", "b.example"), client_ca=ca.cert, http2=False)
    user = ca.issue("/CN=user")
    async with listening(_context(tls)) as port:
        for name in ("a.example", "b.example"):
            async with talk(port, client(ca, user, alpn=("http/1.1",)), name) as found:
                assert b"CN=user" in await found.ask()
                assert found.tls.selected_alpn_protocol() == "http/1.1"
            await refused(port, client(ca), name)


def _hello_for(name: bytes) -> bytes:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    stand_in = b"x" * len(name)
    with pytest.raises(ssl.SSLWantReadError):
        ssl.create_default_context().wrap_bio(incoming, outgoing, False, stand_in.decode()).do_handshake()
    return outgoing.read().replace(stand_in, name)


async def test_names_that_are_not_ascii_end_the_handshake_quietly(
    ca: Authority, pair: Pair, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """And the next client is served."""
    monkeypatch.setattr(sys, "unraisablehook", ignore_bad_server_names)
    tls = settings(pair, ca.issue("/CN=b", "b.example"))
    async with listening(_context(tls)) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(_hello_for(b"\xff\xfe.example"))
        try:
            assert b"a.example" not in await reader.read()
        except OSError:
            pass  # a reset is as good
        writer.close()
        assert await who(port, client(ca), "b.example") == "b"
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("error", "about", "printed"),
    [(UnicodeDecodeError, b"name", 0), (UnicodeDecodeError, "name", 1), (ValueError, b"name", 1)],
)
def test_every_other_unraisable_error_is_still_printed(
    monkeypatch: pytest.MonkeyPatch, error: type[Exception], about: object, printed: int
) -> None:
    """Only what comes of a server name is left out."""
    seen: list[object] = []
    monkeypatch.setattr(sys, "__unraisablehook__", seen.append)
    ignore_bad_server_names(cast("sys.UnraisableHookArgs", SimpleNamespace(exc_type=error, object=about)))
    assert len(seen) == printed


labels = st.sampled_from(["a", "b", "www", "example"])
hosts = st.lists(labels, min_size=1, max_size=4).map(".".join)
patterns = st.one_of(hosts, hosts.map("*.".__add__))


def _matches(pattern: str, host: str) -> bool:
    """What RFC 9525 says of names, word for word."""
    wanted, given_labels = pattern.split("."), host.split(".")
    if len(wanted) != len(given_labels):
        return False
    return all(one in ("*", other) for one, other in zip(wanted, given_labels, strict=True))


@given(st.lists(st.lists(patterns, max_size=3), min_size=1, max_size=4), hosts)
def test_a_name_finds_the_certificate_that_clients_accept(certificates: list[list[str]], host: str) -> None:
    """One is found just where one matches, an exact name is preferred, and the first of equals is taken."""
    contexts = tuple(ServingContext(ssl.PROTOCOL_TLS_SERVER) for _ in certificates)
    facts = tuple(Facts(tuple(names), 0.0, 0.0) for names in certificates)
    found = Names(Generation(contexts, facts, ())).find(host)
    exact = [at for at, names in enumerate(certificates) if host in names]
    matching = [at for at, names in enumerate(certificates) if any(_matches(name, host) for name in names)]
    assert found is next((contexts[at] for at in exact or matching), None)
