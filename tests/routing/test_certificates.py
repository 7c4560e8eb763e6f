"""Certificate files on the disk are tried before a plan that names them is taken."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from gateway.routing.certificates import checks, why_no_certificates, why_no_key


@pytest.mark.parametrize("path", ["site.pem", "chain.pem", "rsa.pem"])
def test_certificates_that_can_be_used_are_fine(certs: Path, path: str) -> None:
    """One certificate, or several in one file."""
    assert why_no_certificates(certs, path) is None


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("gone.pem", "there is no file "),
        (".", "is not a file"),
        ("site.key", "not a certificate in PEM form"),
        ("damaged.pem", "a certificate that is damaged"),
        ("a\0b", "cannot be read"),
        ("/dev/zero", "is not a file"),
    ],
)
def test_certificates_that_cannot_be_used_are_told_why(certs: Path, path: str, says: str) -> None:
    """A missing file, a folder, a key in its place, a bad copy: each has its own clause."""
    assert says in (why_no_certificates(certs, path) or "")


@pytest.mark.parametrize(
    ("key", "cert"),
    [("site.key", "site.pem"), ("site.key", "chain.pem"), ("rsa.key", "rsa.pem"), ("rsa.key", "")],
)
def test_a_key_that_fits_is_fine(certs: Path, key: str, cert: str) -> None:
    """The first certificate of the file is the one the key belongs to."""
    assert why_no_key(certs, key, cert) is None


@pytest.mark.parametrize(
    ("key", "cert", "says"),
    [
        ("gone.key", "site.pem", "there is no file "),
        ("gone.key", "", "there is no file "),
        ("site.pem", "site.pem", "not a private key in PEM form"),
        ("protected.key", "site.pem", "protected by a pass phrase"),
        ("other.key", "site.pem", "it is not the key of `site.pem`"),
        ("rsa.key", "site.pem", "it is not the key of `site.pem`"),
        ("site.key", "damaged.pem", "it cannot be used with `damaged.pem` (OpenSSL: "),
    ],
)
def test_a_key_that_does_not_fit_is_told_why(certs: Path, key: str, cert: str, says: str) -> None:
    """The sentence tells a key of another certificate from one that is no key at all."""
    assert says in (why_no_key(certs, key, cert) or "")


def test_a_file_that_may_not_be_read_is_told(certs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's own reason is passed on."""

    def refuse(*_: object) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("gateway.routing.certificates.read_small", refuse)
    assert (why_no_key(certs, "site.key", "site.pem") or "").endswith("cannot be read: Permission denied")


def test_paths_are_relative_to_the_folder(certs: Path) -> None:
    """An absolute path stays what it is."""
    pem = checks(certs)
    assert pem.certificates("site.pem") is None
    assert checks(certs.parent).certificates(str(certs / "site.pem")) is None
    assert pem.key("site.key", "site.pem") is None
    assert pem.key("other.key", "site.pem") is not None


def test_a_missing_file_is_told_by_its_absolute_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where routing.yaml was named by a relative path: nobody has to guess relative to what."""
    monkeypatch.chdir(tmp_path)
    pem = checks(Path())
    assert pem.certificates("gone.pem") == f"there is no file {tmp_path / 'gone.pem'}"
    assert pem.key("gone.key", "") == f"there is no file {tmp_path / 'gone.key'}"


def test_ssl_is_not_loaded_before_a_certificate_is_named() -> None:
    """`gateway rollback` imports this module's caller and must not pay for TLS."""
    code = "import sys, gateway.routing.certificates, gateway.routing.file; print('ssl' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout.strip() == "False"
