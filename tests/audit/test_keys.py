"""The key comes from where routing.yaml says, else from a file made here, once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gateway.audit.keys import Key, KeySource
from gateway.errors import GatewayError

SECRET = "0123456789abcdef"


def test_the_key_is_where_it_is_said_to_be(tmp_path: Path) -> None:
    """In the environment, or in a file beside routing.yaml."""
    own = tmp_path / "audit" / "key"
    named = KeySource(own, "${AUDIT_KEY}", tmp_path)
    assert named.read({"AUDIT_KEY": f" {SECRET}\n"}) == Key(SECRET.encode())
    (tmp_path / "audit.key").write_text(f"{SECRET}\n")
    assert KeySource(own, "audit.key", tmp_path).read({}) == Key(SECRET.encode())
    assert not own.exists()
    for source in (named, KeySource(own, "none.key", tmp_path)):
        with pytest.raises(GatewayError, match="key"):
            source.read({"AUDIT_KEY": "short"})


def test_what_is_no_file_is_refused_at_once(tmp_path: Path) -> None:
    """A pipe that nobody writes to, a device without an end, a name that cannot be one: locks are held."""
    os.mkfifo(tmp_path / "pipe")
    for said in ("pipe", "/dev/zero", "a\0b"):
        with pytest.raises(GatewayError, match=r"cannot be read .*name another in `admin: .audit_key: "):
            KeySource(tmp_path / "audit" / "key", said, tmp_path).read({})


def test_a_key_is_made_once_for_us_alone(tmp_path: Path) -> None:
    """And is the same ever after."""
    source = KeySource(tmp_path / "audit" / "key")
    first = source.read()
    assert source.read() == first
    assert source.own.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in source.own.parent.iterdir()] == ["key"]


def test_a_key_is_never_shown() -> None:
    """Its name tells it from others and says nothing of it."""
    one = Key(SECRET.encode())
    assert SECRET not in repr(one)
    assert len(one.name) == 8
    assert one.name != Key(b"another key of this length").name
