"""Bodies that are no Open Inference JSON."""

from __future__ import annotations

import base64
import bz2
import gzip
import lzma
import zlib
from typing import Any

import pytest

from gateway.requestlog.bodies import Bodies
from gateway.requestlog.policy import PATTERNS
from gateway.requestlog.redact import Redactor


def _same(document: Any) -> Any:
    return document


USUAL = Bodies(Redactor(PATTERNS), _same)
GUARDED = Bodies(Redactor(PATTERNS), _same, ("user", "user.age"))


def test_json_goes_through_the_screen() -> None:
    """JSON of any kind is read, screened and written anew."""
    bodies = Bodies(Redactor(()), lambda document: {"n": len(document)}, ("x",))
    assert bodies.shown(b'{"a": 1, "b": [NaN]}', b"application/json") == '{"n":2}'
    assert Bodies(Redactor(()), lambda _: object()).shown(b"1", b"") is None


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
        *(zlib.compress(b"a@b.example", level) for level in range(10)),
        bz2.compress(b"a@b.example"),
        lzma.compress(b"a@b.example"),
        lzma.compress(b"a@b.example", lzma.FORMAT_ALONE),
        b"\xff\x00 a@b.example \xff",
        b"\xfe0049 17112938931\x00\xff",
        b"\xfe2001:db8:0:7:1:2:3:4\x00\xff",
        "a@b.example".encode("utf-16"),
        "a@b.example".encode("utf-16-le"),
        "Grüße an a@b.example".encode("latin-1"),
    ],
)
def test_binary_that_hides_something(raw: bytes) -> None:
    """Binary in which a pattern is found, or that is packed, is left out; without patterns it is kept."""
    assert USUAL.shown(raw, b"application/octet-stream") is None
    bare = Bodies(Redactor(()), _same)
    assert bare.shown(raw, b"") == base64.b64encode(raw).decode()


@pytest.mark.parametrize(
    "raw",
    [
        b'{"inputs": [{"name": "user", "shape": [2], "datatype": "BYTES", "data": ["Bob"]}]}',
        b'{"dataframe_split": {"columns": ["n", "user"], "data": [[1, "Bob"]]}}',
        b"{\"error\": \"input 'user'[0]: expected a number, got 'Bob'\"}",
        b'{"errors": {"input User": "got \'Bob\'"}}',
        b'{"row": "{\\"user\\": \\"Bob\\"}"}',
        b'["user.age", 41]',
        b'"user: Bob"',
    ],
)
def test_json_that_speaks_of_a_protected_field(raw: bytes) -> None:
    """Where a protected name is a value or part of a text, its value may stand anywhere: nothing is kept."""
    assert USUAL.shown(raw, b"application/json") is not None
    assert GUARDED.shown(raw, b"application/json") is None


def test_json_with_a_protected_member_only() -> None:
    """As the name of a member, or a part of another word, a protected name keeps nothing back."""
    raw = b'{"user":{"name":"user"},"users":["a user1"],"n":null}'
    assert GUARDED.shown(raw, b"application/json") == raw.decode()
