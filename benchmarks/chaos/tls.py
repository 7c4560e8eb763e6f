"""Certificates for the rows that need TLS: an authority, what it issued, and a client that trusts it."""

from __future__ import annotations

import os
import shutil
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.tls_files import Authority, Pair

CONNECTIONS = 1_000
ROUTING = f"""
tls: {{listen: "127.0.0.1:0", cert: site.pem, key: site.key}}
limits: {{head_timeout: 4s, connections: {CONNECTIONS}}}
services: {{blue: {{urls: [$blue]}}}}
routes: [{{name: late, path: /, stable: blue, weights: {{blue: 100}}}}]
"""


@dataclass(frozen=True, slots=True)
class Secured:
    """`pairs` of /CN=site0, /CN=site1, …; the first lies in `folder` as routing.yaml names it."""

    folder: Path
    pairs: tuple[Pair, ...]
    trusting: ssl.SSLContext


@contextmanager
def secured(number: int = 1) -> Iterator[Secured]:
    """Make so many certificates; they are gone when the block ends."""
    with tempfile.TemporaryDirectory(prefix="gateway-chaos-") as name:
        authority = Authority(Path(name))
        pairs = tuple(authority.issue(f"/CN=site{turn}", "localhost") for turn in range(number))
        folder = Path(name) / "laid"
        folder.mkdir()
        lay(pairs[0], folder)
        yield Secured(folder, pairs, ssl.create_default_context(cafile=str(authority.cert)))


def lay(pair: Pair, folder: Path) -> None:
    """Put the files in place as a tool for certificates would: each whole, one after the other."""
    for source, name in ((pair.cert, "site.pem"), (pair.key, "site.key")):
        shutil.copy(source, folder / f"{name}.new")
        os.replace(folder / f"{name}.new", folder / name)
