"""Chromium against the gateway: fetch over HTTP/2 and HTTP/1.1, a WebSocket and an EventSource, over TLS."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.system.chromium import CHROMIUM, OPTIONS
from tests.system.gateway_under_test import Gateway
from tests.system.secure_site import HOST, needed, url
from tests.system.web_services import WebServices
from tests.waiting import BOUND, until

PATIENCE = 2 * BOUND
"""Seconds for a browser to start and to do everything, on a busy machine."""


def key_of(certificate: Path) -> str:
    """Return the digest by which Chromium is told to trust the key of one certificate, and nothing else."""
    key = subprocess.run(
        ["openssl", "x509", "-in", str(certificate), "-noout", "-pubkey"], capture_output=True, check=True
    )
    der = subprocess.run(
        ["openssl", "pkey", "-pubin", "-outform", "der"], input=key.stdout, capture_output=True, check=True
    )
    return base64.b64encode(hashlib.sha256(der.stdout).digest()).decode()


def visit(gateway: Gateway, web: WebServices, profile: Path, run: str, trusted: str = "site.pem") -> Any:
    """Open the page in a browser with a fresh profile; return what it saw, else what the browser said."""
    command = [
        CHROMIUM,
        "--headless",
        *OPTIONS,
        f"--user-data-dir={profile}",
        f"--host-resolver-rules=MAP {HOST} 127.0.0.1, MAP * ~NOTFOUND",
        f"--ignore-certificate-errors-spki-list={key_of(gateway.folder / trusted)}",
        "--dump-dom",
        url(gateway, f"/one/page?run={run}"),
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
    finally:
        web.say(f"hold-{run}", b"")  # whatever happened, no request of the page stays behind
    found = re.search(r'<pre id="seen">(.*?)</pre>', done.stdout, re.DOTALL)
    return json.loads(html.unescape(found[1])) if found else done.stderr


def check(seen: Any, protocol: str) -> None:
    """Assert that a page saw everything, over this version of HTTP."""
    assert isinstance(seen, dict), seen
    assert seen["protocol"] == protocol
    fetched = seen["fetched"]
    assert fetched["version"] == fetched.pop("service")
    assert fetched.pop("version") in ("blue", "canary")
    wanted = {"status": 200, "length": 1 << 20, "target": "/late/echo?a=1", "big": 3_000_000}
    assert fetched == {**wanted, "protocol": protocol}
    assert seen["many"] == 30
    heard = ["hello", "again 1", "again 2"]
    ended = {"code": 4001, "reason": "as told", "protocol": "tell.v1"}
    assert seen["socket"].pop("extensions").startswith("permessage-deflate")
    assert seen["socket"] == {"heard": heard, **ended}
    assert seen["events"] == ["0", "1", "2", "3", "4"]


@pytest.fixture(scope="module", autouse=True)
def _browser() -> None:
    needed("chromium", "openssl")


def test_a_page_over_http2(secure: Gateway, web: WebServices, tmp_path: Path) -> None:
    """The browser chooses HTTP/2 by itself, and HTTP/1.1 for its WebSocket."""
    check(visit(secure, web, tmp_path, "newer"), "h2")


def test_a_page_over_http1(secure_gateway: Gateway, web: WebServices, tmp_path: Path) -> None:
    """The same page and the same answers where HTTP/2 is switched off."""
    path = secure_gateway.folder / "routing.yaml"
    path.write_text(path.read_text().replace("  hsts: 365d\n", "  hsts: 365d\n  http2: false\n"))
    until(lambda: secure_gateway.said().count("TLS uses other settings") >= 2, "for both workers")
    check(visit(secure_gateway, web, tmp_path / "profile", "older"), "http/1.1")


def test_a_certificate_that_nobody_vouches_for_opens_no_page(
    secure: Gateway, web: WebServices, tmp_path: Path
) -> None:
    """So the browser does look at it; the key that it is told to trust is the one of another name."""
    said = visit(secure, web, tmp_path, "never", trusted="other.pem")
    assert "ERR_CERT_AUTHORITY_INVALID" in said
