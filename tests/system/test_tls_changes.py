"""What a running TLS listener follows: replaced certificates, client certificates, redirects, settings."""

from __future__ import annotations

import hashlib
import http.client
import re
import shutil
import ssl
from pathlib import Path

import pytest

from benchmarks.free_port import free_port
from tests.system.gateway_under_test import Gateway
from tests.system.load import Load
from tests.system.secure_site import HOST, TLS, at, curl, needed, put, s_client, serial_of, trusting, url
from tests.system.web_services import WebServices
from tests.tls_files import EXPIRED, Authority, Pair
from tests.waiting import BOUND, until


class TlsLoad(Load):
    """Clients over TLS, every other one with a connection for each request."""

    def __init__(self, gateway: Gateway) -> None:
        super().__init__(gateway.tls, "/late/echo")
        self._context = trusting(gateway)

    def _ask(self, number: int) -> None:
        connection = http.client.HTTPSConnection(*self._address, timeout=BOUND, context=self._context)
        turn = 0
        while not self._stop.is_set():
            turn += 1
            if connection.sock is None:
                connection.connect()
            self._asked[number].append(self._once(connection, f"user-{turn % 25}"))
            if number % 2:
                connection.close()
        connection.close()


@pytest.fixture(autouse=True)
def _programs() -> None:
    needed("curl", "openssl")


def with_tls(folder: Path, old: str, new: str) -> None:
    """Write other settings into routing.yaml."""
    path = folder / "routing.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_a_replaced_certificate_is_served_and_nobody_notices(
    secure_folder: Path, authority: Authority
) -> None:
    """Twice under load: openssl reads the new serial number within seconds, no request fails."""
    with Gateway(secure_folder) as gateway, TlsLoad(gateway) as load:
        for serial in (1, 2):
            pair = authority.issue("/CN=site", HOST, serial=serial)
            put(pair, secure_folder)
            new = serial_of(pair.cert)
            for _ in range(2):  # one for each worker, as it happens; the load meets both
                until(lambda new=new: serial_of(s_client(gateway)) == new)  # type: ignore[misc]
            load.some(100)
        assert load.failed() == []
        assert load.count() > 300
        assert "Traceback" not in gateway.said()


def test_files_that_do_not_fit_leave_the_old_ones_in_use(secure_folder: Path, authority: Authority) -> None:
    """Half of a renewal, then rubbish, then an end to it: told once, served all the while."""
    with Gateway(secure_folder) as gateway, TlsLoad(gateway) as load:
        old = serial_of(s_client(gateway))
        pair = authority.issue("/CN=site", HOST, "localhost", serial=9)
        shutil.copy(pair.cert, secure_folder / "site.pem")
        until(lambda: "TLS goes on with the files as they were before" in gateway.said())
        assert serial_of(s_client(gateway)) == old
        (secure_folder / "site.pem").write_text("rubbish")
        load.some(100)
        assert serial_of(s_client(gateway)) == old
        put(pair, secure_folder)
        until(lambda: serial_of(s_client(gateway)) == serial_of(pair.cert))
        assert load.failed() == []


def client_pair(folder: Path, name: str) -> tuple[str, ...]:
    """Return curl's options that show a certificate."""
    return ("--cert", str(folder / f"{name}.pem"), "--key", str(folder / f"{name}.key"))


def identity(pair: Pair, subject: str) -> str:
    """Return what the service should be told of the holder of a certificate."""
    encoded = ssl.PEM_cert_to_DER_cert(pair.cert.read_text())
    return f'Hash={hashlib.sha256(encoded).hexdigest()};Subject="{subject}"'


@pytest.fixture
def clients(secure_folder: Path, authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A CA for clients; the folder has certificates of a fair one, a stranger and one whose time is over."""
    made = Authority(tmp_path_factory.mktemp("clients"), "client CA")
    put(made.issue("/O=Example/CN=alice"), secure_folder, "alice")
    put(made.issue("/CN=late", days=EXPIRED), secure_folder, "expired")
    put(authority.issue("/CN=alice"), secure_folder, "stranger")
    shutil.copy(made.cert, secure_folder / "clients.pem")
    return made


def test_client_certificates_are_demanded(secure_folder: Path, clients: Authority, web: WebServices) -> None:
    """Without one, with a stranger's or an expired one nobody comes in; with a good one services hear who."""
    with_tls(secure_folder, "  hsts: 365d\n", "  clients: {ca: clients.pem}\n")
    fair = identity(clients.issue("/O=Example/CN=alice"), "CN=alice,O=Example")
    forged = ("-H", "x-forwarded-client-cert: Hash=00", "-H", "X_Forwarded_Client_Cert: Hash=00")
    with Gateway(secure_folder) as gateway:
        before = len(web.asked)
        for version in ("--tlsv1.3", "--tls-max=1.2"):
            limits = version.split("=")
            for shown in ((), client_pair(secure_folder, "stranger"), client_pair(secure_folder, "expired")):
                refused = curl(url(gateway, "/one/echo"), *at(gateway), *limits, *shown)
                assert refused.exit != 0  # which one depends on the moment at which curl hears of it
                assert refused.status == 0
            assert len(web.asked) == before
            for option in ("--http1.1", "--http2"):
                shown = client_pair(secure_folder, "alice")
                told = curl(url(gateway, "/one/echo"), *at(gateway), *limits, option, *shown, *forged).json
                assert [v for k, v in told["headers"] if "client" in k] == [fair]
            before = len(web.asked)
        assert "Requested Signature Algorithms" in s_client(gateway)  # the question for a certificate
        assert "Traceback" not in gateway.said()


def test_client_certificates_may_be_left_to_the_client(secure_folder: Path, clients: Authority) -> None:
    """With `required: false` one may show none, but not a wrong one; and a header says nothing."""
    with_tls(secure_folder, "  hsts: 365d\n", "  clients: {ca: clients.pem, required: false}\n")
    with Gateway(secure_folder) as gateway:
        forged = ("-H", "x-forwarded-client-cert: Hash=00")
        nobody = curl(url(gateway, "/one/echo"), *at(gateway), *forged).json
        assert not [key for key, _ in nobody["headers"] if "client" in key]
        alice = client_pair(secure_folder, "alice")
        told = curl(url(gateway, "/one/echo"), *at(gateway), *alice).json
        fair = identity(clients.issue("/O=Example/CN=alice"), "CN=alice,O=Example")
        assert dict(told["headers"])["x-forwarded-client-cert"] == fair
        stranger = client_pair(secure_folder, "stranger")
        assert curl(url(gateway, "/one/echo"), *at(gateway), *stranger).status == 0
        plain = curl("http://{}:{}/one/echo".format(*gateway.listen), *forged).json
        assert not [key for key, _ in plain["headers"] if "client" in key]


def test_plain_http_is_redirected(secure_folder: Path, web: WebServices) -> None:
    """With 308 to the same path at the port of TLS; curl follows with the same method and body."""
    with_tls(secure_folder, "listen: 127.0.0.1:0", f"listen: 127.0.0.1:{free_port()}\n  redirect: true")
    with Gateway(secure_folder) as gateway:
        plain = "http://{}:{}{}".format(HOST, gateway.listen[1], "/one/echo/a%20b?c=d&e")
        names = (*at(gateway), "--resolve", f"{HOST}:{gateway.listen[1]}:127.0.0.1")
        before = len(web.asked)
        for method in ("GET", "HEAD", "POST", "DELETE"):
            options = ("-I",) if method == "HEAD" else ("-X", method)
            answer = curl(plain, *names, *options)
            assert answer.status == 308
            assert answer.header("location") == url(gateway, "/one/echo/a%20b?c=d&e")
        assert len(web.asked) == before
        followed = curl(plain, *names, "-L", "-X", "PUT", "--data-binary", "a body", "-o", "/dev/stdout")
        assert b'"method":"PUT"' in followed.body
        assert b'"length":6' in followed.body
        assert web.asked[before:] == ("PUT /one/echo/a b",)
        assert curl(url(gateway, "/one/echo"), *at(gateway)).status == 200


def test_settings_hold_on_saving(secure_folder: Path) -> None:
    """The oldest version, HTTP/2 and HSTS: connections from now on have them."""
    with Gateway(secure_folder) as gateway:
        assert "Protocol version: TLSv1.2" in s_client(gateway, "-tls1_2", "-brief")
        with_tls(secure_folder, "  hsts: 365d\n", "  hsts: 1h\n  minimum: 1.3\n  http2: false\n")
        # each worker says so once it has them; which of the two a connection comes to nobody can choose
        until(lambda: gateway.said().count("TLS uses other settings") == 2, "for both workers")
        assert "no peer" in s_client(gateway, "-tls1_2")
        said = s_client(gateway, "-alpn", "h2,http/1.1")
        assert "TLSv1.3" in said
        assert "ALPN protocol: http/1.1" in said
        answer = curl(url(gateway, "/one/echo"), *at(gateway), "--http2")
        assert (answer.version, answer.header("strict-transport-security")) == ("HTTP/1.1", "max-age=3600")


def test_no_answer_has_half_of_the_settings(secure_folder: Path) -> None:
    """While one worker follows after the other, the protocol and HSTS are both the old or both the new."""
    with Gateway(secure_folder) as gateway:
        with_tls(secure_folder, "  hsts: 365d\n", "  hsts: 1h\n  http2: false\n")
        seen = set()

        def both_have_changed() -> bool:
            answer = curl(url(gateway, "/one/echo"), *at(gateway), "--http2")
            seen.add((answer.version, answer.header("strict-transport-security")))
            return gateway.said().count("TLS uses other settings") == 2

        until(both_have_changed)
        assert seen <= {("HTTP/2", "max-age=31536000"), ("HTTP/1.1", "max-age=3600")}


def test_a_mistake_in_the_settings_changes_nothing(secure_folder: Path) -> None:
    """The log and `status` say where it is; what was live stays so."""
    with Gateway(secure_folder) as gateway:
        before = serial_of(s_client(gateway))
        with_tls(secure_folder, "cert: site.pem", "cert: missing.pem")
        until(lambda: "missing.pem" in str(gateway.status()["file"]))
        assert re.search(r"routing\.yaml:\d+:\d+", str(gateway.status()["file"]) + gateway.said())
        assert serial_of(s_client(gateway)) == before
        assert TLS.splitlines()[0] in gateway.text()
        assert curl(url(gateway, "/one/echo"), *at(gateway), "--max-time", str(BOUND)).status == 200
