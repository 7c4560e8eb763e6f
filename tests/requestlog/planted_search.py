"""Looks for secrets in files: as they are, encoded as programs do, and inside what is packed."""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

import duckdb

_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{12,}={0,2}")
_ENOUGH = 7  # characters; less would be found by chance


def forms(secret: str) -> set[bytes]:
    """Return how a secret may be written, each form long enough not to be there by chance."""
    raw = secret.encode()
    digits = re.sub(r"\D", "", secret)
    found = {raw, raw.lower(), raw.upper(), raw.hex().encode(), raw.hex().upper().encode()}
    found |= {
        quote(secret, safe="").encode(),
        quote_plus(secret).encode(),
        quote(quote(secret, safe="")).encode(),
    }
    found |= {
        json.dumps(secret)[1:-1].encode(),
        secret.encode("utf-16-le"),
        secret.replace("@", "\\u0040").encode(),
    }
    found |= {"".join(f"\\u{ord(sign):04x}" for sign in secret).encode()}
    if len(digits) >= 12 and "." not in secret and ":" not in secret and not re.search("[a-z]", secret):
        found.add(digits.encode())
    for shift in range(3):  # where in the encoded text the secret begins decides what it looks like
        encoded = base64.b64encode(bytes(shift) + raw).rstrip(b"=")
        inner = encoded[(0, 2, 3)[shift] : -1]
        found |= {inner, inner.translate(bytes.maketrans(b"+/", b"-_"))}
    return {form for form in found if len(form) >= _ENOUGH}


def found_in(folders: Iterable[Path], secrets: Iterable[str]) -> list[tuple[Path, str]]:
    """Return each file below the folders and each secret that is in it in any form."""
    wanted = {secret: forms(secret) for secret in secrets}
    found: list[tuple[Path, str]] = []
    for folder in folders:
        for path, text in _texts(folder):
            found += [(path, secret) for secret, ways in wanted.items() if any(way in text for way in ways)]
    return found


def _texts(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Each file of a folder that may be in use, once, with all there is to read in it."""
    read: set[Path] = set()
    is_whole = False
    while not is_whole:  # what vanishes while it is read may stand under another name by now: look again
        is_whole = True
        for path in [folder] if folder.is_file() else sorted(folder.rglob("*")):
            if path in read or not path.is_file():
                continue
            try:
                text = b"\n".join(contents(path))
            except (OSError, duckdb.Error):
                if path.exists():
                    raise
                is_whole = False
                continue
            read.add(path)
            yield path, text


def survivors(text: bytes, secrets: Iterable[str]) -> list[str]:
    """Return the secrets that are in this text in any form, or in what is packed in it."""
    whole = b"\n".join([text, *_unpacked(text)])
    return [secret for secret in secrets if any(way in whole for way in forms(secret))]


def contents(path: Path) -> Iterator[bytes]:
    """All there is to read in a file: its name, its bytes, a Parquet file's rows, what is packed in it."""
    raw = path.read_bytes()
    yield str(path.name).encode()
    yield raw
    yield from _unpacked(raw)
    if raw[:4] == b"PAR1":
        rows = _rows(path)
        yield rows
        yield from _unpacked(rows)


def _rows(path: Path) -> bytes:
    with duckdb.connect() as connection:
        found = connection.execute("SELECT COLUMNS(*)::VARCHAR FROM read_parquet(?)", [str(path)]).fetchall()
    return "\n".join(str(value) for row in found for value in row if value is not None).encode()


def _unpacked(text: bytes) -> Iterator[bytes]:
    """What gzip or zlib hides, directly or as base64."""
    yield from _inflated(text)
    for match in _BASE64.finditer(text):
        part = match[0].translate(bytes.maketrans(b"-_", b"+/")).rstrip(b"=")
        try:
            decoded = base64.b64decode(part + b"=" * (-len(part) % 4))
        except binascii.Error:
            continue
        yield from _inflated(decoded)


def _inflated(raw: bytes) -> Iterator[bytes]:
    start = raw.find(b"\x1f\x8b")
    while start >= 0:
        try:
            yield zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(raw[start:])
        except zlib.error:
            pass  # two bytes that only looked like it
        start = raw.find(b"\x1f\x8b", start + 2)
