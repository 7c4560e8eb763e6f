"""The TLS listener: what it needs to start, and how it follows its files without losing a connection."""

from __future__ import annotations

import gc
import ssl
import time
import weakref
from pathlib import Path

import pytest

from gateway.proxy.certificates import TlsProblem
from gateway.proxy.tls import ServerTls
from tests.proxy.tls_talk import client, copy, listening, refused, replace, settings, talk, who
from tests.tls_files import EXPIRED, Authority, Pair

VERSIONS = pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])


@pytest.fixture
def new(ca: Authority) -> Pair:
    """What the pair is renewed with."""
    return ca.issue("/CN=new", "a.example")


def _server(pair: Pair, *more: Pair, client_ca: Path | str = "", **others: object) -> ServerTls:
    return ServerTls(pair.cert.parent, settings(pair, *more, client_ca=client_ca, **others))


@VERSIONS
async def test_a_client_that_trusts_another_ca_leaves_and_the_next_is_served(
    ca: Authority, stranger: Authority, pair: Pair, version: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing is logged for it: anybody could fill the log."""
    async with listening(_server(pair).context) as port:
        with pytest.raises(ssl.SSLCertVerificationError, match="unable to get local issuer"):
            await who(port, client(stranger, version=version))
        assert await who(port, client(ca, version=version)) == "old"
    assert not caplog.records


async def test_an_expired_certificate_is_served_with_a_warning(
    ca: Authority, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    """The gateway starts; it is the clients who refuse it."""
    expired = ca.issue("/CN=old", "a.example", days=EXPIRED)
    server = _server(expired)
    assert f"{expired.cert} has expired" in caplog.text
    async with listening(server.context) as port:
        with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
            await who(port, client(ca))


def test_what_is_not_valid_yet_is_told_by_the_given_clock(
    pair: Pair, caplog: pytest.LogCaptureFixture
) -> None:
    """The clock is wall time, so a test may turn it back."""
    ServerTls(pair.cert.parent, settings(pair), clock=lambda: time.time() - 86_400)
    assert "not valid yet" in caplog.text


def test_files_are_relative_to_the_folder(pair: Pair) -> None:
    """As routing.yaml names them; the report names them as written."""
    relative = Pair(Path(pair.cert.name), Path(pair.key.name))
    server = ServerTls(pair.cert.parent, settings(relative))
    (report,) = server.describe()
    assert report["certificate"] == "server.pem"
    assert report["names"] == ["a.example"]
    assert report["problem"] == ""
    assert 29 < (report["not_after"] - time.time()) / 86_400 < 31


def test_the_first_start_needs_files_that_work(pair: Pair, tmp_path: Path) -> None:
    """The error names the file and the reason."""
    with pytest.raises(TlsProblem, match=r"no-ca\.pem: cannot be read: No such file"):
        _server(pair, client_ca="no-ca.pem")
    pair.key.unlink()
    with pytest.raises(TlsProblem, match=r"server\.key: cannot be read: No such file"):
        _server(pair)


@VERSIONS
@pytest.mark.parametrize("name", ["a.example", "unknown.example", ""])
async def test_a_renewed_certificate_is_for_new_connections(
    ca: Authority, pair: Pair, new: Pair, version: str, name: str
) -> None:
    """Whatever name they ask for, none included; connections from before go on."""
    server = _server(pair)
    context = client(ca, version=version)
    async with listening(server.context) as port, talk(port, context, name) as before:
        assert await before.ask() == b""
        copy(new, pair)
        assert await who(port, context, name) == "old"
        assert server.refresh(1.0)
        assert await who(port, context, name) == "new"
        assert await before.ask() == b""
        assert before.who == "old"


async def test_each_of_several_certificates_is_renewed(ca: Authority, pair: Pair, tmp_path: Path) -> None:
    """Behind SNI too, where the context is replaced in the middle of a handshake."""
    other = Pair(tmp_path / "other.pem", tmp_path / "other.key")
    copy(ca.issue("/CN=other-old", "b.example"), other)
    server = _server(pair, other)
    async with listening(server.context) as port:
        assert await who(port, client(ca), "b.example") == "other-old"
        copy(ca.issue("/CN=other-new", "c.example"), other)
        assert server.refresh(1.0)
        assert await who(port, client(ca), "c.example") == "other-new"
        assert await who(port, client(ca), "b.example") == "old"
        assert await who(port, client(ca), "a.example") == "old"


def test_files_are_looked_at_once_a_second(pair: Pair, new: Pair) -> None:
    """And nothing is loaded while they stay the same."""
    server = _server(pair)
    context = server.context.newest
    assert not server.refresh(5.0)
    copy(new, pair)
    assert not server.refresh(5.9)
    assert server.context.newest is context
    assert server.refresh(6.0)
    assert server.context.newest is not context
    assert not server.refresh(7.0)


async def test_links_that_are_swapped_are_noticed(ca: Authority, new: Pair, tmp_path: Path) -> None:
    """As Kubernetes does it: the files are links through a link to a folder, and that one is replaced."""
    for folder, made in (("1", ca.issue("/CN=old", "a.example")), ("2", new)):
        (tmp_path / folder).mkdir()
        copy(made, Pair(tmp_path / folder / "tls.crt", tmp_path / folder / "tls.key"))
    (tmp_path / "..data").symlink_to("1")
    pair = Pair(tmp_path / "tls.crt", tmp_path / "tls.key")
    for file in (pair.cert, pair.key):
        file.symlink_to(Path("..data", file.name))
    server = _server(pair)
    (tmp_path / "..data_new").symlink_to("2")
    (tmp_path / "..data_new").rename(tmp_path / "..data")
    assert server.refresh(1.0)
    async with listening(server.context) as port:
        assert await who(port, client(ca)) == "new"


async def test_a_pair_that_is_half_replaced_heals_by_itself(
    ca: Authority, pair: Pair, new: Pair, caplog: pytest.LogCaptureFixture
) -> None:
    """The old one serves on, the log says once what is wrong, and the second file ends it."""
    server = _server(pair)
    async with listening(server.context) as port:
        replace(new.cert, pair.cert)
        for now in (1.0, 2.0, 3.0):
            assert not server.refresh(now)
            assert await who(port, client(ca)) == "old"
        assert "is not the key of the certificate" in server.problem
        assert server.describe()[0]["problem"] == server.problem
        assert len(caplog.records) == 1
        replace(new.key, pair.key)
        assert server.refresh(4.0)
        assert server.problem == ""
        assert server.describe()[0]["problem"] == ""
        assert await who(port, client(ca)) == "new"


def test_each_new_problem_is_logged_and_the_old_files_can_come_back(
    ca: Authority, pair: Pair, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A problem belongs to the certificate whose file it is, and the client CA to none."""
    other, trusted = ca.issue("/CN=b", "b.example"), tmp_path / "clients.pem"
    replace(ca.cert, trusted)
    server = _server(pair, other, client_ca=trusted)
    kept = pair.cert.read_bytes()
    pair.cert.write_bytes(kept[:100])
    assert not server.refresh(1.0)
    assert [bool(report["problem"]) for report in server.describe()] == [True, False]
    pair.cert.unlink()
    assert not server.refresh(2.0)
    pair.cert.write_bytes(kept)
    trusted.unlink()
    assert not server.refresh(3.0)
    assert "clients.pem: cannot be read" in server.problem
    assert [report["problem"] for report in server.describe()] == ["", ""]
    assert len(caplog.records) == 3
    replace(ca.cert, trusted)
    assert server.refresh(4.0)
    assert server.problem == ""


def test_files_that_come_back_as_they_were_end_a_problem(ca: Authority, tmp_path: Path) -> None:
    """A mount that was away for a while looks just as before."""
    folder = tmp_path / "mounted"
    folder.mkdir()
    pair = Pair(folder / "server.pem", folder / "server.key")
    copy(ca.issue("/CN=old", "a.example"), pair)
    server = _server(pair)
    folder.rename(tmp_path / "away")
    assert not server.refresh(1.0)
    assert "cannot be read" in server.problem
    (tmp_path / "away").rename(folder)
    server.refresh(2.0)
    assert server.problem == ""


def test_old_generations_are_let_go(pair: Pair, ca: Authority, new: Pair) -> None:
    """A gateway that renews for years does not grow."""
    server = _server(pair, ca.issue("/CN=b", "b.example"))
    old = weakref.ref(server.context.newest)
    copy(new, pair)
    assert server.refresh(1.0)
    gc.collect()
    assert old() is None


async def test_other_settings_take_effect_on_the_same_listener(ca: Authority, pair: Pair, new: Pair) -> None:
    """Version, client CA and certificates, as a save of routing.yaml changes them."""
    server = _server(pair)
    async with listening(server.context) as port:
        server.use(settings(new, minimum="1.3", client_ca=ca.cert))
        await refused(port, client(ca))
        user = ca.issue("/CN=user")
        await refused(port, client(ca, user, version="TLSv1.2"))
        assert await who(port, client(ca, user)) == "new"


async def test_settings_that_cannot_be_used_yet_wait_for_their_files(
    ca: Authority, pair: Pair, new: Pair, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The settings before serve on; who called has the problem, so the log need not tell it again."""
    server = _server(pair)
    later = Pair(tmp_path / "later.pem", tmp_path / "later.key")
    async with listening(server.context) as port:
        with pytest.raises(TlsProblem, match=r"later\.pem: cannot be read"):
            server.use(settings(later))
        assert not server.refresh(1.0)
        assert "later.pem" in server.problem
        assert [report["certificate"] for report in server.describe()] == [str(pair.cert)]
        assert await who(port, client(ca)) == "old"
        copy(new, later)
        assert server.refresh(2.0)
        assert server.problem == ""
        assert [report["certificate"] for report in server.describe()] == [str(later.cert)]
        assert await who(port, client(ca)) == "new"
    assert not caplog.records
