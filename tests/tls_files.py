"""Certificates for tests, made with the openssl of the system: P-256 keys, a few milliseconds each."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
EXPIRED = -1
"""Days of a certificate that is no longer valid."""


@dataclass(frozen=True, slots=True)
class Pair:
    """The files of a certificate and its key."""

    cert: Path
    key: Path


class Authority:
    """A CA in a folder of its own; what it issued once it does not issue again, so keep it for a session."""

    def __init__(self, folder: Path, name: str = "test CA") -> None:
        self._folder = folder / name.replace(" ", "-")
        self._folder.mkdir()
        self._issued: dict[tuple[object, ...], Pair] = {}
        self._own = Pair(self._folder / "ca.pem", self._folder / "ca.key")
        _openssl("req", "-x509", *NEW_KEY, *self._out(self._own), "-subj", f"/CN={name}", "-days", "30")

    @property
    def cert(self) -> Path:
        """What to trust."""
        return self._own.cert

    def issue(self, subject: str, *dns: str, days: int = 30, usage: str = "", serial: int = 0) -> Pair:
        """Return a pair for `subject` (as in `/CN=a/O=b`) that holds for these DNS names and 127.0.0.1.

        `usage` is an extendedKeyUsage; `serial` tells pairs apart that are otherwise alike.
        """
        wanted = (subject, dns, days, usage, serial)
        if wanted not in self._issued:
            stem = self._folder / f"{len(self._issued)}"
            pair = Pair(stem.with_suffix(".pem"), stem.with_suffix(".key"))
            self._sign(pair, subject, [*(f"DNS:{name}" for name in dns), "IP:127.0.0.1"], days, usage)
            self._issued[wanted] = pair
        return self._issued[wanted]

    def _sign(self, pair: Pair, subject: str, names: list[str], days: int, usage: str) -> None:
        request = pair.cert.with_suffix(".csr")
        extensions = ["-addext", "subjectAltName=" + ",".join(names), "-addext", "basicConstraints=CA:FALSE"]
        if usage:
            extensions += ["-addext", "extendedKeyUsage=" + usage]
        _openssl(
            "req",
            "-new",
            *NEW_KEY,
            *self._out(Pair(request, pair.key)),
            "-utf8",
            "-subj",
            subject,
            *extensions,
        )
        by = ("-CA", str(self._own.cert), "-CAkey", str(self._own.key), "-days", str(days))
        _openssl(
            "x509", "-req", "-in", str(request), *by, "-copy_extensions", "copyall", "-out", str(pair.cert)
        )

    @staticmethod
    def _out(pair: Pair) -> tuple[str, ...]:
        return "-out", str(pair.cert), "-keyout", str(pair.key)


def _openssl(*arguments: str) -> None:
    done = subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
