"""A gateway with TLS, its routing.yaml, and the clients of the system that ask it: curl and openssl."""

from __future__ import annotations

import json
import re
import shutil
import ssl
import subprocess
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.missing import missing
from tests.system.gateway_under_test import Gateway
from tests.tls_files import Authority, Pair
from tests.waiting import BOUND

HOST, OTHER = "site.test", "models.test"
TLS = """\
tls:
  listen: 127.0.0.1:0
  certificates:
    - {cert: site.pem, key: site.key}
    - {cert: other.pem, key: other.key}
  hsts: 365d
"""
ROUTING = """\
services:
  blue:   {{url: "{blue}"}}
  canary: {{url: "{canary}"}}
  old:    {{url: "{old}"}}
  new:    {{url: "{new}"}}
routes:
  - {{name: late, path: /late, weights: {{blue: 60, canary: 40}}, sticky: {{header: x-user-id}}}}
  - {{name: one, path: /one, weights: {{blue: 100}}}}
  - {{name: talk, path: /talk, weights: {{old: 50, new: 50}}, sticky: {{header: x-user-id}}}}
"""


def put(pair: Pair, folder: Path, name: str = "site") -> None:
    """Lay a certificate beside routing.yaml, each file replaced whole."""
    for source, suffix in ((pair.key, "key"), (pair.cert, "pem")):
        shutil.copy(source, folder / f"{name}.new")
        (folder / f"{name}.new").replace(folder / f"{name}.{suffix}")


def lay_out(folder: Path, authority: Authority, urls: Mapping[str, str], tls: str = TLS) -> None:
    """Write a routing.yaml for these services and the certificates that it names."""
    put(authority.issue("/CN=site", HOST, "localhost"), folder)
    put(authority.issue("/CN=models", OTHER, f"*.{OTHER}"), folder, "other")
    shutil.copy(authority.cert, folder / "ca.pem")
    (folder / "routing.yaml").write_text(tls + ROUTING.format_map(urls))


def needed(*programs: str) -> None:
    """Fail on CI where one of these programs is missing; elsewhere skip."""
    for program in programs:
        if shutil.which(program) is None:
            missing(f"{program} is not installed; run: apt-get install {program}")


@dataclass(frozen=True)
class Curled:
    """What curl got: `exit` is 0 and `status` the last answer's, else `said` tells why there is none."""

    exit: int
    version: str
    status: int
    headers: dict[str, list[str]]
    body: bytes
    said: str

    def header(self, name: str) -> str:
        """Return the one field of this name, empty without it."""
        values = self.headers.get(name, [""])
        assert len(values) == 1, (name, values)
        return values[0]

    @property
    def json(self) -> Any:
        """What the service told."""
        assert self.exit == 0, self.said
        return json.loads(self.body)


def curl(url: str, *options: str, data: bytes = b"") -> Curled:
    """Ask once with curl, which speaks to nobody but 127.0.0.1."""
    command = ["curl", "-q", "-sS", "-i", "--noproxy", "*", "--max-time", str(BOUND), *options, url]
    done = subprocess.run(command, input=data, capture_output=True, check=False, timeout=2 * BOUND)
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = defaultdict(list)
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.lower()].append(value.strip())
    version, status, *_ = first.split() or ("", "0")
    return Curled(done.returncode, version, int(status), dict(headers), body, done.stderr.decode())


def at(gateway: Gateway, host: str = HOST) -> tuple[str, ...]:
    """Return curl's options that make a name mean the gateway's TLS listener, trusting the test's CA."""
    port = gateway.tls[1]
    return ("--resolve", f"{host}:{port}:127.0.0.1", "--cacert", str(gateway.folder / "ca.pem"))


def url(gateway: Gateway, path: str, host: str = HOST) -> str:
    """Return an https URL at the gateway."""
    return f"https://{host}:{gateway.tls[1]}{path}"


def s_client(gateway: Gateway, *options: str, data: bytes = b"") -> str:
    """Shake hands with `openssl s_client` and hang up; return all it says, also of a failure."""
    address = "{}:{}".format(*gateway.tls)
    trusted = str(gateway.folder / "ca.pem")
    done = subprocess.run(
        ["openssl", "s_client", "-connect", address, "-CAfile", trusted, *options],
        input=data,
        capture_output=True,
        check=False,
        timeout=BOUND,
    )
    return (done.stdout + done.stderr).decode("latin-1")


def serial_of(certificate: str | Path) -> str:
    """Return the serial number of a PEM file, or of the first certificate in what `s_client` said."""
    pem = certificate.read_text() if isinstance(certificate, Path) else certificate
    done = subprocess.run(
        ["openssl", "x509", "-noout", "-serial"], input=pem, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.stderr}\n{pem}"
    return done.stdout.strip()


def trusting(gateway: Gateway, *alpn: str) -> ssl.SSLContext:
    """Return a client's context that trusts the test's CA."""
    context = ssl.create_default_context(cafile=str(gateway.folder / "ca.pem"))
    if alpn:
        context.set_alpn_protocols(list(alpn))
    return context


def hits(gateway: Gateway, limit: str) -> float:
    """Return how often a limit was met, as the metrics tell."""
    metrics = curl(f"http://{gateway.admin}/metrics").body.decode()
    found = re.search(rf'^gateway_limit_hits_total{{limit="{limit}"}} (\S+)$', metrics, re.MULTILINE)
    return float(found[1]) if found else 0.0


def http_client(gateway: Gateway, *, http2: bool = True) -> httpx.AsyncClient:
    """Return a client with one connection to the gateway."""
    return httpx.AsyncClient(
        http1=not http2,
        http2=http2,
        verify=trusting(gateway),
        base_url=f"https://localhost:{gateway.tls[1]}",
        limits=httpx.Limits(max_connections=1),
        timeout=BOUND,
        trust_env=False,
    )
