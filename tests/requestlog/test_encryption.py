"""Single fields encrypted at rest."""

from __future__ import annotations

import base64
import os
import secrets
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.requestlog.encryption import EncryptionTrouble, FieldCipher, read_key

KEY = bytes(range(32))


def test_there_and_back() -> None:
    """A text can be read with the key and the field's name; twice the same text looks different."""
    cipher = FieldCipher(KEY)
    sealed = [cipher.encrypt("Grüße", "name") for _ in range(3)]
    assert len(set(sealed)) == 3
    assert all(value.startswith(f"enc1:{cipher.key_id}:") for value in sealed)
    assert [FieldCipher(KEY).decrypt(value, "name") for value in sealed] == ["Grüße"] * 3
    assert b"Gr" not in base64.b64decode(sealed[0].split(":")[2])


def test_nonces_never_come_twice() -> None:
    """Each text has a nonce of its own, in one process and over several."""
    ciphers = [FieldCipher(KEY) for _ in range(3)]
    sealed = [base64.b64decode(cipher.encrypt("x").split(":")[2]) for cipher in ciphers for _ in range(1000)]
    assert len({value[:12] for value in sealed}) == len(sealed)


def test_after_all_counts_a_new_start_is_drawn() -> None:
    """Beyond 2^32 texts the count begins again behind another random start."""
    cipher = FieldCipher(KEY)
    cipher.encrypt("x")
    cipher._count = (1 << 32) - 1
    last, first = (base64.b64decode(cipher.encrypt("x").split(":")[2])[:12] for _ in range(2))
    assert last[8:] == b"\xff" * 4
    assert first[8:] == bytes(4)
    assert first[:8] != last[:8]


def test_what_was_changed_or_moved_is_refused() -> None:
    """Another field, a changed byte, another key, plain text: each has its own message."""
    cipher = FieldCipher(KEY)
    sealed = cipher.encrypt("x", "name")
    with pytest.raises(EncryptionTrouble, match="as the field 'age'"):
        cipher.decrypt(sealed, "age")
    head, _, data = sealed.rpartition(":")
    raw = bytearray(base64.b64decode(data))
    raw[-1] ^= 1
    for broken in (base64.b64encode(raw).decode(), "!", "", base64.b64encode(b"short").decode()):
        with pytest.raises(EncryptionTrouble, match="cannot be decrypted"):
            cipher.decrypt(f"{head}:{broken}", "name")
    with pytest.raises(EncryptionTrouble, match=f"key {cipher.key_id}, and the one at hand"):
        FieldCipher(bytes(32)).decrypt(sealed, "name")
    with pytest.raises(EncryptionTrouble, match="not encrypted"):
        cipher.decrypt("hello", "name")


def _base64(key: bytes) -> str:
    return base64.b64encode(key).decode()


def _for_urls(key: bytes) -> str:
    return base64.urlsafe_b64encode(key).decode().rstrip("=")


@pytest.mark.parametrize("encode", [bytes.hex, _base64, _for_urls])
def test_keys_from_files_and_the_environment(
    encode: Callable[[bytes], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key is base64 or hex, in a file relative to routing.yaml or in a variable."""
    key = secrets.token_bytes(32)
    text = encode(key)
    (tmp_path / "log.key").write_text(text + "\n")
    assert read_key("log.key", tmp_path) == key
    assert read_key(str(tmp_path / "log.key"), Path("elsewhere")) == key
    monkeypatch.setenv("LOG_KEY", text)
    assert read_key("${LOG_KEY}", tmp_path) == key


@pytest.mark.parametrize("text", ["", "abc", "00" * 31, "00" * 33, "z" * 64, "ü"])
def test_what_is_no_key(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is no key is refused with where it stands and how to make one, and is not repeated."""
    (tmp_path / "log.key").write_text(text)
    with pytest.raises(EncryptionTrouble, match="openssl rand -base64 32") as caught:
        read_key("log.key", tmp_path)
    assert "log.key" in str(caught.value)
    assert len(text) < 9 or text not in str(caught.value)
    monkeypatch.setenv("LOG_KEY", text)
    with pytest.raises(EncryptionTrouble, match="LOG_KEY"):
        read_key("${LOG_KEY}", tmp_path)


def test_no_file_and_no_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that is not there is said so."""
    monkeypatch.delenv("LOG_KEY", raising=False)
    with pytest.raises(EncryptionTrouble, match="LOG_KEY is not set"):
        read_key("${LOG_KEY}", tmp_path)
    with pytest.raises(EncryptionTrouble, match=r"none\.key cannot be read"):
        read_key("none.key", tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(EncryptionTrouble, match="it is not a file"):  # nothing is waited for
        read_key("pipe", tmp_path)


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where cryptography is not installed the message names the extra."""
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.ciphers.aead", None)
    with pytest.raises(EncryptionTrouble, match="the gateway's extra `encrypt`"):
        FieldCipher(KEY)


def test_cryptography_is_loaded_only_when_needed() -> None:
    """A log without encrypted fields never loads the library."""
    code = "import sys, gateway.requestlog.filter; print('cryptography' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
