"""The TLS listener as processes see it: opened at the start or by a reload, with files that can be used."""

from __future__ import annotations

import http.client
import json
import re
import shutil
import socket
import ssl
import subprocess
from pathlib import Path

import pytest

from tests.system.gateway_under_test import Gateway, up
from tests.system.load import Load
from tests.tls_files import Authority, Pair
from tests.waiting import BOUND, until

TLS = "tls: {listen: 127.0.0.1:0, cert: site.pem, key: site.key}\n"


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Who signs the certificates."""
    return Authority(tmp_path_factory.mktemp("tls"))


def put(pair: Pair, folder: Path) -> None:
    """Lay a certificate beside routing.yaml, each file replaced whole."""
    for source, name in ((pair.key, "site.key"), (pair.cert, "site.pem")):
        shutil.copy(source, folder / f"{name}.new")
        (folder / f"{name}.new").replace(folder / name)


def with_tls(folder: Path) -> None:
    """Ask for the TLS listener in routing.yaml."""
    path = folder / "routing.yaml"
    path.write_text(TLS + path.read_text())


def tls_address(gateway: Gateway) -> tuple[str, int]:
    """Return where the gateway listens for TLS."""
    found = json.loads((gateway.folder / ".gateway" / "run" / "processes.json").read_bytes())["tls"]
    host, _, port = found.rpartition(":")
    return host, int(port)


def ask(address: tuple[str, int], authority: Authority) -> tuple[int, str]:
    """Ask over TLS as the holder of the authority's certificate; return the status and the server's name."""
    context = ssl.create_default_context(cafile=str(authority.cert))
    connection = http.client.HTTPSConnection(*address, timeout=BOUND, context=context)
    try:
        connection.request("GET", "/late")
        name = re.search(r"'commonName', '(\w+)'", str(connection.sock.getpeercert()))
        answer = connection.getresponse()
        answer.read()
        return answer.status, name[1] if name else ""
    finally:
        connection.close()


def is_refused(address: tuple[str, int]) -> bool:
    """Tell whether nobody listens there."""
    try:
        socket.create_connection(address, BOUND).close()
    except ConnectionRefusedError:
        return True
    return False


def test_tls_is_listened_on_from_the_start_and_survives_reloads(folder: Path, authority: Authority) -> None:
    """A replaced certificate is used, with a reload and without."""
    put(authority.issue("/CN=one"), folder)
    with_tls(folder)
    with Gateway(folder) as gateway:
        address = tls_address(gateway)
        assert ask(address, authority) == (200, "one")
        put(authority.issue("/CN=two"), folder)
        until(lambda: ask(address, authority) == (200, "two"), "for the new certificate")
        with Load(gateway.listen) as load:
            for _ in range(2):
                assert gateway.run("reload").returncode == 0
                assert tls_address(gateway) == address
                assert {ask(address, authority) for _ in range(10)} == {(200, "two")}
        assert load.failed() == []


def test_a_reload_adds_and_takes_away_the_listener(folder: Path, authority: Authority) -> None:
    """Requests over plain HTTP do not notice either."""
    put(authority.issue("/CN=one"), folder)
    before = (folder / "routing.yaml").read_text()
    with Gateway(folder) as gateway, Load(gateway.listen) as load:
        with_tls(folder)
        assert gateway.run("reload").returncode == 0
        address = tls_address(gateway)
        assert {ask(address, authority) for _ in range(10)} == {(200, "one")}
        (folder / "routing.yaml").write_text(before)
        assert gateway.run("reload").returncode == 0
        # the workers that leave close it as they hear of it, which the report does not wait for
        until(lambda: is_refused(address), "for the listener to be closed")
        load.some()
        assert load.failed() == []


def test_other_certificates_in_the_file_hold_without_a_reload(folder: Path, authority: Authority) -> None:
    """A worker uses what the plan names, as soon as it is live."""
    put(authority.issue("/CN=one"), folder)
    shutil.copy(authority.issue("/CN=two").cert, folder / "two.pem")
    shutil.copy(authority.issue("/CN=two").key, folder / "two.key")
    with_tls(folder)
    with Gateway(folder) as gateway:
        path = folder / "routing.yaml"
        text = path.read_text().replace("cert: site.pem, key: site.key", "cert: two.pem, key: two.key")
        path.write_text(text)
        until(lambda: ask(tls_address(gateway), authority) == (200, "two"), "for the other certificate")


def test_a_certificate_that_cannot_be_used_is_refused_before_anything_starts(
    folder: Path, authority: Authority
) -> None:
    """At the start and at a reload; the message names the file."""
    with_tls(folder)
    run = subprocess.run(up(folder), capture_output=True, text=True, check=False, timeout=BOUND)
    assert run.returncode == 1
    assert "site.pem" in run.stderr or "site.key" in run.stderr
    assert "Traceback" not in run.stderr
    put(authority.issue("/CN=one"), folder)
    with Gateway(folder) as gateway:
        before = gateway.pids()
        (folder / "site.key").write_text("no key")
        run = gateway.run("reload")
        assert run.returncode == 1
        assert "site.key" in run.stderr
        assert gateway.pids() == before
        assert ask(tls_address(gateway), authority) == (200, "one")
