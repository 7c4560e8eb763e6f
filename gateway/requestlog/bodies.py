"""Bodies that are no Open Inference JSON: other JSON, forms, plain text, and what is no text at all."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any, Final

import orjson

from gateway.requestlog.redact import Redactor
from gateway.requestlog.tensors import json_in

# What compressed data begins with: nothing can be found in it here, and anybody can unpack it.
_PACKED: Final = (
    b"\x1f\x8b",
    b"\x28\xb5\x2f\xfd",
    b"BZh",
    b"PK\x03\x04",
    b"\xfd7zXZ",
    b"\x78\x01",
    b"\x78\x9c",
)


class Bodies:
    """How one route's other bodies are shown; `readable_only`: those that are no JSON are left out."""

    __slots__ = ("_readable_only", "_redactor", "_screen_json")

    def __init__(self, redactor: Redactor, screen_json: Callable[[Any], Any], *, readable_only: bool) -> None:
        self._redactor = redactor
        self._screen_json = screen_json
        self._readable_only = readable_only

    def shown(self, raw: bytes, content_type: bytes) -> str | None:
        """Return the body without what the rules forbid; None where that cannot be told for certain."""
        document = json_in(raw)
        if document is not None:
            return _as_json(self._screen_json(document))
        if self._readable_only:
            return None  # the field that a rule protects may stand anywhere in it
        try:
            text = raw.decode() if b"\0" not in raw else None
        except UnicodeDecodeError:
            text = None
        if text is None:
            return self._binary(raw)
        return self._redactor.encoded(text, plus=b"form-urlencoded" in content_type.lower())

    def _binary(self, raw: bytes) -> str | None:
        if not self._redactor.idle:
            # without its zeros UTF-16 and UTF-32 read like Latin-1, which is all that matters for finding
            text = raw.replace(b"\0", b"").decode("latin-1")
            if raw.startswith(_PACKED) or self._redactor.encoded(text) != text:
                return None
        return base64.b64encode(raw).decode()


def _as_json(document: Any) -> str | None:
    try:
        return orjson.dumps(document).decode()
    except (TypeError, orjson.JSONEncodeError):  # nested too deep to be written, or half a surrogate
        return None
