"""Bodies that are no Open Inference JSON."""

from __future__ import annotations

import base64
import gzip
from typing import Any

import pytest

from gateway.requestlog.bodies import Bodies
from gateway.requestlog.policy import PATTERNS
from gateway.requestlog.redact import Redactor


def _same(document: Any) -> Any:
    return document


USUAL = Bodies(Redactor(PATTERNS), _same, readable_only=False)
GUARDED = Bodies(Redactor(PATTERNS), _same, readable_only=True)


def test_json_goes_through_the_screen() -> None:
    """JSON of any kind is read, screened and written anew."""
    bodies = Bodies(Redactor(()), lambda document: {"n": len(document)}, readable_only=True)
    assert bodies.shown(b'{"a": 1, "b": [NaN]}', b"application/json") == '{"n":2}'
    assert Bodies(Redactor(()), lambda _: object(), readable_only=False).shown(b"1", b"") is None


@pytest.mark.parametrize(
    ("raw", "content_type", "shown"),
    [
        (b"call 555-123-4567", b"text/plain", "call [phone]"),
        (b"mail=a%40b.example&x=1", b"application/x-www-form-urlencoded", "mail=[email]&x=1"),
        (b"c=4111+1111+1111+1111", b"Application/X-WWW-Form-URLencoded; charset=utf-8", "c=[card]"),
        (b'{"mail": "a@b.example", ', b"application/json", '{"mail": "[email]", '),
        (b'{"mail": "a\\u0040b.example", ', b"application/json", '{"mail": "[email]", '),
        ("Grüße".encode(), b"text/plain", "Grüße"),
    ],
)
def test_text(raw: bytes, content_type: bytes, shown: str) -> None:
    """Text is redacted, whatever its type claims; where a rule protects a field it is left out."""
    assert USUAL.shown(raw, content_type) == shown
    assert GUARDED.shown(raw, content_type) is None


def test_binary() -> None:
    """What is no text is kept as base64."""
    raw = bytes(range(0, 256, 5))
    assert USUAL.shown(raw, b"image/png") == base64.b64encode(raw).decode()
    assert GUARDED.shown(raw, b"image/png") is None


@pytest.mark.parametrize(
    "raw",
    [
        gzip.compress(b"a@b.example"),
        b"\xff\x00 a@b.example \xff",
        "a@b.example".encode("utf-16"),
        "a@b.example".encode("utf-16-le"),
        "Grüße an a@b.example".encode("latin-1"),
    ],
)
def test_binary_that_hides_something(raw: bytes) -> None:
    """Binary in which a pattern is found, or that is packed, is left out; without patterns it is kept."""
    assert USUAL.shown(raw, b"application/octet-stream") is None
    bare = Bodies(Redactor(()), _same, readable_only=False)
    assert bare.shown(raw, b"") == base64.b64encode(raw).decode()
