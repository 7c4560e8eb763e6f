"""Bodies that are no Open Inference JSON: other JSON, forms, plain text, and what is no text at all."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Collection, Iterator
from typing import Any, Final

import orjson

from gateway.requestlog.redact import Redactor
from gateway.requestlog.tensors import json_in

# What compressed data begins with: nothing can be found in it here, and anybody can unpack it.
_PACKED: Final = (
    b"\x1f\x8b",  # gzip
    b"\x1f\x9d",  # compress
    b"\x28\xb5\x2f\xfd",  # zstd
    b"\x04\x22\x4d\x18",  # lz4
    b"\xff\x06\x00\x00sNaPpY",
    b"BZh",
    b"PK\x03\x04",
    b"\xfd7zXZ",
    b"\x5d\x00\x00",  # lzma
    b"7z\xbc\xaf",
    b"PAR1",
    b"ARROW1",
    b"Obj\x01",  # Avro
)


class Bodies:
    """How one route's other bodies are shown; `protected` are the fields whose values must not be seen.

    Where there are any, bodies that are no JSON are left out, and so is JSON that speaks of one of them in
    any other way than as the name of a member: `"columns": ["age"]`, or an error that quotes its value.
    """

    __slots__ = ("_protected", "_redactor", "_screen_json", "_spoken_of")

    def __init__(
        self, redactor: Redactor, screen_json: Callable[[Any], Any], protected: Collection[str] = ()
    ) -> None:
        self._redactor = redactor
        self._screen_json = screen_json
        self._protected = frozenset(protected)
        names = "|".join(map(re.escape, sorted(self._protected, key=len, reverse=True)))
        self._spoken_of = re.compile(rf"(?<!\w)(?:{names})(?!\w)", re.IGNORECASE) if protected else None

    def shown(self, raw: bytes, content_type: bytes) -> str | None:
        """Return the body without what the rules forbid; None where that cannot be told for certain."""
        document = json_in(raw)
        if document is not None:
            return None if self._is_spoken_of(document) else _as_json(self._screen_json(document))
        if self._spoken_of is not None:
            return None  # the field that a rule protects may stand anywhere in it
        try:
            text = raw.decode() if b"\0" not in raw else None
        except UnicodeDecodeError:
            text = None
        if text is None:
            return self._binary(raw)
        return self._redactor.encoded(text, plus=b"form-urlencoded" in content_type.lower())

    def _is_spoken_of(self, document: Any) -> bool:
        spoken_of = self._spoken_of
        return spoken_of is not None and any(map(spoken_of.search, _texts(document, self._protected)))

    def _binary(self, raw: bytes) -> str | None:
        if not self._redactor.idle:
            # without its zeros UTF-16 and UTF-32 read like Latin-1, which is all that matters for finding
            text = raw.replace(b"\0", b"").decode("latin-1")
            # What stands beside a text may read like a letter of it, and hide where it ends.
            apart = "".join(char if char.isascii() and char.isprintable() else " " for char in text)
            if _is_packed(raw) or any(self._redactor.encoded(each) != each for each in (text, apart)):
                return None
        return base64.b64encode(raw).decode()


def _texts(document: Any, but: Collection[str]) -> Iterator[str]:
    """Yield each text of a JSON value, names of members too; not the members with these names."""
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if type(value) is str:
            yield value
        elif type(value) is list:
            waiting += value
        elif type(value) is dict:
            for name, member in value.items():
                if name not in but:
                    yield name
                    waiting.append(member)


def _is_packed(raw: bytes) -> bool:
    # RFC 1950: deflate in a window of at most 32 KiB, and two bytes that are a multiple of 31
    is_zlib = raw[0] & 0x8F == 8 and int.from_bytes(raw[:2], "big") % 31 == 0
    return is_zlib or raw.startswith(_PACKED)


def _as_json(document: Any) -> str | None:
    try:
        return orjson.dumps(document).decode()
    except (TypeError, orjson.JSONEncodeError):  # nested too deep to be written, or half a surrogate
        return None
