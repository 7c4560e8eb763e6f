"""Certificates and keys as files: what is read from them, and which file an error names."""

from __future__ import annotations

import os
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.proxy.certificates import (
    SAFE,
    TlsProblem,
    file_signatures,
    load_authorities,
    load_pair,
    read_facts,
    subject_name,
)
from tests.tls_files import EXPIRED, Authority, Pair

Spoil = Callable[[Path, Path, Authority], None]


def _context(pair: Pair) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    load_pair(context, pair.cert, pair.key)
    return context


def _facts_names(pair: Pair) -> tuple[str, ...]:
    return read_facts(_context(pair), pair.cert).names


def test_names_are_the_dns_names_in_lower_case(ca: Authority) -> None:
    """Addresses are no names, since no client asks for one by SNI."""
    assert _facts_names(ca.issue("/CN=other", "A.example", "*.B.example")) == ("a.example", "*.b.example")


def test_the_common_name_counts_only_where_there_is_no_dns_name(ca: Authority) -> None:
    """As old certificates have it."""
    assert _facts_names(ca.issue("/O=a/CN=Old.example")) == ("old.example",)


def test_dates_agree_with_openssl(ca: Authority) -> None:
    """To the second, and for an expired certificate too."""
    for pair in (ca.issue("/CN=a", "a.example"), ca.issue("/CN=a", "a.example", days=EXPIRED)):
        command = ["openssl", "x509", "-in", str(pair.cert), "-noout", "-startdate", "-enddate"]
        lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
        facts = read_facts(_context(pair), pair.cert)
        dates = [ssl.cert_time_to_seconds(line.partition("=")[2]) for line in lines]
        assert dates == [facts.not_before, facts.not_after]


def test_every_usual_kind_of_key_can_be_read(tmp_path: Path) -> None:
    """RSA, larger curves and Edwards curves, self-signed."""
    for number, kind in enumerate((["rsa:2048"], ["ec", "-pkeyopt", "ec_paramgen_curve:P-521"], ["ed25519"])):
        pair = Pair(tmp_path / f"{number}.pem", tmp_path / f"{number}.key")
        command = ["openssl", "req", "-x509", "-nodes", "-subj", "/CN=self", "-newkey", *kind]
        subprocess.run([*command, "-out", pair.cert, "-keyout", pair.key], capture_output=True, check=True)
        assert _facts_names(pair) == ("self",)


def test_a_chain_is_read_by_its_first_certificate(ca: Authority, tmp_path: Path) -> None:
    """What follows it is for the clients, comments in any language included."""
    leaf = ca.issue("/CN=a", "a.example")
    chain = tmp_path / "chain.pem"
    chain.write_bytes("# für a.example\n".encode() + leaf.cert.read_bytes() + ca.cert.read_bytes())
    assert _facts_names(Pair(chain, leaf.key)) == ("a.example",)


def test_certificate_and_key_may_share_a_file(ca: Authority, tmp_path: Path) -> None:
    """As some tools write them."""
    leaf = ca.issue("/CN=a", "a.example")
    both = tmp_path / "both.pem"
    both.write_bytes(leaf.key.read_bytes() + leaf.cert.read_bytes())
    assert _facts_names(Pair(both, both)) == ("a.example",)


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _exchange(one: Path, other: Path) -> None:
    content = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(content)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:150])


def _encrypt(key: Path) -> None:
    command = ["openssl", "ec", "-aes128", "-passout", "pass:secret", "-in", str(key), "-out", str(key)]
    subprocess.run(command, capture_output=True, check=True)


def _replace_with_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _use_rsa_key(key: Path) -> None:
    subprocess.run(["openssl", "genrsa", "-out", key, "2048"], capture_output=True, check=True)


SPOILT: dict[str, tuple[Spoil, str, str]] = {
    "no certificate": (lambda cert, key, ca: cert.unlink(), "cert", "No such file"),
    "no key": (lambda cert, key, ca: key.unlink(), "key", "No such file"),
    "a folder for a certificate": (
        lambda cert, key, ca: _replace_with_folder(cert),
        "cert",
        "Is a directory",
    ),
    "an empty certificate": (lambda cert, key, ca: _write(cert, b""), "cert", "no certificate"),
    "an empty key": (lambda cert, key, ca: _write(key, b""), "key", "no private key"),
    "half a certificate": (lambda cert, key, ca: _cut(cert), "cert", "no certificate"),
    "half a key": (lambda cert, key, ca: _cut(key), "key", "no private key"),
    "a passphrase": (lambda cert, key, ca: _encrypt(key), "key", "without a passphrase"),
    "the key of another": (
        lambda cert, key, ca: _write(key, ca.issue("/CN=b").key.read_bytes()),
        "key",
        "not the key of the certificate",
    ),
    "a key of another kind": (
        lambda cert, key, ca: _use_rsa_key(key),
        "key",
        "not the key of the certificate",
    ),
    "key and certificate exchanged": (
        lambda cert, key, ca: _exchange(cert, key),
        "cert",
        "no certificate",
    ),
}


@pytest.mark.parametrize("name", SPOILT)
def test_an_error_names_the_file_at_fault(ca: Authority, tmp_path: Path, name: str) -> None:
    """And says what is wrong with it; nothing waits for a passphrase."""
    spoil, at_fault, reason = SPOILT[name]
    good = ca.issue("/CN=a", "a.example")
    pair = Pair(tmp_path / "a.pem", tmp_path / "a.key")
    pair.cert.write_bytes(good.cert.read_bytes())
    pair.key.write_bytes(good.key.read_bytes())
    _facts_names(pair)
    spoil(pair.cert, pair.key, ca)
    with pytest.raises(TlsProblem, match=reason) as caught:
        _context(pair)
    assert caught.value.file == (pair.cert if at_fault == "cert" else pair.key)
    assert str(caught.value).startswith(f"{caught.value.file}: ")


def test_a_certificate_for_clients_only_is_refused_for_a_server(ca: Authority) -> None:
    """No client would accept it."""
    pair = ca.issue("/CN=a", "a.example", usage="clientAuth")
    with pytest.raises(TlsProblem, match="no client could use this certificate") as caught:
        read_facts(_context(pair), pair.cert)
    assert caught.value.file == pair.cert


def test_authorities_must_be_there(ca: Authority, tmp_path: Path) -> None:
    """A missing file, one without a certificate, and revocation lists alone."""
    for name, content, reason in (
        ("missing.pem", None, "No such file"),
        ("key.pem", ca.issue("/CN=a").key.read_bytes(), "no certificate"),
        ("crl.pem", _revocation_list(ca, tmp_path), "only revocation lists"),
    ):
        if content is not None:
            (tmp_path / name).write_bytes(content)
        with pytest.raises(TlsProblem, match=reason):
            load_authorities(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), tmp_path / name)


def _revocation_list(ca: Authority, folder: Path) -> bytes:
    (folder / "index").write_text("")
    config = folder / "ca.cnf"
    config.write_text(f"[ca]\ndefault_ca=d\n[d]\ndatabase={folder}/index\ndefault_md=sha256\n")
    command = ["openssl", "ca", "-gencrl", "-config", str(config), "-crldays", "1", "-cert", str(ca.cert)]
    done = subprocess.run(
        [*command, "-keyfile", str(ca.cert.with_suffix(".key"))], capture_output=True, check=True
    )
    return done.stdout


def test_a_signature_changes_with_the_file(tmp_path: Path) -> None:
    """Written in place, renamed over, behind another link, removed, its times kept or not."""
    path, link = tmp_path / "file", tmp_path / "link"
    path.write_text("one")
    link.symlink_to("file")
    signatures = [file_signatures([link])]
    assert file_signatures([link]) == signatures[0]

    def look() -> None:
        assert file_signatures([link]) not in signatures
        signatures.append(file_signatures([link]))

    path.write_text("longer")
    look()
    (tmp_path / "new").write_text("longer")
    times = path.stat()
    os.utime(tmp_path / "new", ns=(times.st_atime_ns, times.st_mtime_ns))
    (tmp_path / "new").rename(path)
    look()
    _let_the_clock_of_files_tick(path)
    path.write_text("LONGER")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    look()
    (tmp_path / "other").write_text("longer")
    link.unlink()
    link.symlink_to("other")
    look()
    link.unlink()
    look()
    assert signatures[-1] == (None,)


def _let_the_clock_of_files_tick(path: Path) -> None:
    """Wait until a change has another time than this file's last, as older kernels tell only milliseconds."""
    other = path.with_name("clock")
    other.touch()
    while other.stat().st_ctime_ns <= path.stat().st_ctime_ns:
        other.touch()


def test_a_subject_reads_as_rfc_4514() -> None:
    """The last part first, short names, several attributes of one part joined by a plus."""
    subject = (
        (("countryName", "GB"),),
        (("organizationName", "Smith, Jones"),),
        (("commonName", "a b"), ("emailAddress", "x@y")),
    )
    assert subject_name(subject) == b"CN=a b+emailAddress=x@y,O=Smith\\2C Jones,C=GB"


def _decoded(escaped: bytes) -> str:
    out, rest = bytearray(), escaped
    while rest:
        size = 3 if rest[:1] == b"\\" else 1
        out += bytes.fromhex(rest[1:3].decode()) if size == 3 else rest[:1]
        rest = rest[size:]
    return out.decode()


@given(st.text())
def test_no_subject_can_say_more_than_itself(text: str) -> None:
    """Any text comes out as safe ASCII from which the very same text can be had back."""
    name, _, value = subject_name(((("commonName", text),),)).partition(b"=")
    assert name == b"CN"
    assert set(value) <= SAFE | {ord("\\")}
    assert not value.startswith(b" ")
    assert not value.endswith(b" ")
    assert _decoded(value) == text
