"""Certificates as people have them, made by OpenSSL once for all tests of this folder."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest


def openssl(*arguments: str | Path) -> None:
    """Run OpenSSL; it says on its standard error what went wrong."""
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, timeout=60)


def _pair(folder: Path, name: str, *algorithm: str) -> None:
    where = ("-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem")
    openssl("req", "-x509", "-nodes", "-days", "30", "-subj", f"/CN={name}.internal", *algorithm, *where)


@pytest.fixture(scope="session")
def certs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `site` and `other` (ECDSA), `rsa`, a key with a pass phrase and a damaged certificate."""
    folder = tmp_path_factory.mktemp("pem")
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")
    _pair(folder, "site", *curve)
    _pair(folder, "other", *curve)
    _pair(folder, "rsa", "-newkey", "rsa:2048")
    protected = ("-passout", "pass:secret", "-out", folder / "protected.key")
    openssl("pkcs8", "-topk8", "-in", folder / "site.key", *protected)
    text = (folder / "site.pem").read_text()
    (folder / "damaged.pem").write_text(text[:100] + text[140:])
    (folder / "chain.pem").write_text(text + (folder / "other.pem").read_text())
    return folder
