"""Services that speak TLS, through a whole gateway: whom it trusts, and what it says of the others."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator

import pytest

from tests.system.gateway_under_test import Gateway
from tests.system.secure_site import curl, needed, put
from tests.system.web_services import WebServices
from tests.tls_files import Authority
from tests.waiting import until

ROUTING = """\
services:
  good:     {{urls: ["{good}"], tls: {{ca: ca.pem}}}}
  named:    {{urls: ["{local}"], tls: {{ca: ca.pem, server_name: models.internal}}}}
  misnamed: {{urls: ["{local}"], tls: {{ca: ca.pem, server_name: else.internal}}}}
  unknown:  {{urls: ["{good}"], tls: {{ca: wrong.pem}}}}
  system:   {{urls: ["{good}"]}}
  trusted:  {{urls: ["{good}"], tls: {{verify: false}}}}
  asked:    {{urls: ["{mutual}"], tls: {{ca: ca.pem, cert: own.pem, key: own.key}}}}
  nobody:   {{urls: ["{mutual}"], tls: {{ca: ca.pem}}}}
routes:
"""
NAMES = ("good", "named", "misnamed", "unknown", "system", "trusted", "asked", "nobody")
ROUTE = "  - {{name: {0}, path: /{0}, weights: {{{0}: 100}}}}\n"


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Gateway]:
    """A gateway whose services are one that speaks TLS and one that asks who we are, trusted in many ways."""
    needed("curl")
    folder = tmp_path_factory.mktemp("services")
    put(authority.issue("/CN=gateway"), folder, "own")
    shutil.copy(authority.cert, folder / "ca.pem")
    shutil.copy(Authority(folder, "wrong CA").cert, folder / "wrong.pem")
    pair = authority.issue("/CN=service", "models.internal")
    with (
        WebServices("service", pair=pair) as plain,
        WebServices("mutual", pair=pair, client_ca=authority.cert) as mutual,
    ):
        good = plain.urls["service"]
        text = ROUTING.format(good=good, local=good, mutual=mutual.urls["mutual"])
        (folder / "routing.yaml").write_text(text + "".join(map(ROUTE.format, NAMES)))
        with Gateway(folder) as running:
            yield running
        assert "Traceback" not in running.said()


@pytest.mark.parametrize("name", ["good", "named", "trusted", "asked"])
def test_a_service_that_proves_itself_is_asked(gateway: Gateway, name: str) -> None:
    """By the address in its url, by another name, by us to it, or unproved where that is wanted."""
    for _ in range(3):
        answer = curl(
            "http://{}:{}/{}/echo".format(*gateway.listen, name), "--data-binary", "@-", data=b"abc"
        )
        assert (answer.status, answer.header("x-model-version")) == (200, name)
        assert answer.json["length"] == 3
    big = curl("http://{}:{}/{}/big/2000000".format(*gateway.listen, name))
    assert len(big.body) == 2_000_000


@pytest.mark.parametrize("name", ["misnamed", "unknown", "system"])
def test_a_service_that_cannot_prove_itself_is_not_asked(gateway: Gateway, name: str) -> None:
    """503 at once, in words without secrets; the log says once which service, where and why."""
    for _ in range(3):
        answer = curl("http://{}:{}/{}/echo".format(*gateway.listen, name))
        assert answer.status == 503
        problem = json.loads(answer.body)
        assert problem["service"] == name
    lines = until(
        lambda: [line for line in gateway.said().splitlines() if name in line], "for the line in the log"
    )
    assert "certificate" in lines[0]
    assert len(lines) < 6, lines


def test_a_service_that_wants_to_know_us_is_not_reached_without_a_certificate(gateway: Gateway) -> None:
    """An answer in the 500s, at whichever moment the service hangs up."""
    for _ in range(3):
        assert curl("http://{}:{}/nobody/echo".format(*gateway.listen)).status in (502, 503)


def test_a_service_is_believed_once_its_ca_is_named(gateway: Gateway, authority: Authority) -> None:
    """The file is replaced and the next try succeeds; nothing has to be told."""
    shutil.copy(authority.cert, gateway.folder / "wrong.new")
    (gateway.folder / "wrong.new").replace(gateway.folder / "wrong.pem")
    address = "http://{}:{}/unknown/echo".format(*gateway.listen)
    until(lambda: curl(address).status == 200, "for the service to be trusted")
