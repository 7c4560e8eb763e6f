"""Planted secrets: with `strict` none reaches a record, with `open` none of a kind that has a shape."""

from __future__ import annotations

import base64
import gzip
from pathlib import Path

import duckdb
import orjson
import pytest

from gateway.requestlog.filter import Screen
from gateway.requestlog.frame import ENCODED_REQUEST
from gateway.requestlog.policy import Coarsen, Filter
from gateway.requestlog.record import Rule
from gateway.requestlog.secrets import Secrets
from tests.requestlog.frames import frame
from tests.requestlog.logs import whole
from tests.requestlog.planted import KINDS, Planted, requests
from tests.requestlog.planted_places import KEY_HEADER, PLAIN_ANSWER, PLAIN_REQUEST
from tests.requestlog.planted_search import found_in, survivors

SECRETS = Secrets(bytes(32))
PLANTED = requests(5, 1000)
STRICTEST = Filter(mode="strict")
NAMED = Filter(mode="strict", keep=("month", "p"), coarsen=(Coarsen("note", "buckets", edges=(0.0,)),))


def split(raw: bytes) -> tuple[str, dict[str, bytes], bytes]:
    """The first line, the fields and the body of a message, as far as it is one."""
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    fields = {
        name.decode().lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines)
    }
    if "transfer-encoding" in fields:
        size, _, rest = body.partition(b"\r\n")
        body = rest[: int(size.partition(b";")[0], 16)]
    return first.decode(), fields, body


def frame_of(planted: Planted) -> bytes:
    """What a worker would leave of it, and more: requests that a gateway refuses are here as well."""
    first, fields, body = split(planted.raw)
    _, answer_fields, answer = split(planted.answer)
    target = first.partition(" ")[2].rpartition(" ")[0]
    flags = ENCODED_REQUEST if "content-encoding" in fields else 0
    return frame(
        flags=flags,
        path=target.partition("?")[0].encode(),
        key=fields.get(KEY_HEADER, b""),
        request_type=fields.get("content-type", b""),
        response_type=answer_fields.get("content-type", b""),
        request_body=body,
        response_body=answer,
    )


def record(planted: Planted, filter: Filter) -> bytes:
    screen = Screen(filter, SECRETS)
    found = whole(frame_of(planted), Rule("/v2/models/late", screen))
    assert "filter_failed" not in found.get("notes", ()), planted
    return orjson.dumps(found)


def test_the_same_seed_plants_the_same() -> None:
    """A seed says everything; another one has other secrets; each place and kind has its turn."""
    assert requests(5, 200) == PLANTED[:200]
    assert not {it.secret.text for it in requests(6, 200)} & {it.secret.text for it in PLANTED}
    assert len({it.secret.text for it in PLANTED}) == len(PLANTED)
    assert len({it.place for it in PLANTED}) >= 70
    assert {it.secret.kind for it in PLANTED if it.place == "header value"} == set(KINDS)


def test_each_secret_is_where_it_should_be() -> None:
    """Each is found in its own request or answer, so that not to find it elsewhere means something."""
    for planted in PLANTED:
        whole = planted.raw + b"\n" + planted.answer
        if planted.place == "header split":
            whole = whole.replace(b"\r\nx-note: ", b"")
            whole += b"".join(line.removeprefix(b"x-note: ") for line in planted.raw.split(b"\r\n"))
        assert survivors(whole, [planted.secret.text]), planted
        assert (planted.raw == PLAIN_REQUEST) != (planted.answer == PLAIN_ANSWER)


@pytest.mark.parametrize("filter", [STRICTEST, NAMED])
def test_strict_lets_none_through(filter: Filter) -> None:
    """With `strict` no record has a secret, wherever it was planted."""
    texts = [it.secret.text for it in PLANTED]
    lines = [record(it, filter) for it in PLANTED]
    assert [it for it, line in zip(PLANTED, lines, strict=True) if survivors(line, [it.secret.text])] == []
    assert survivors(b"\n".join(lines), texts) == []
    assert b'"month":[3]' in lines[0] or filter is STRICTEST


def test_open_lets_none_with_a_shape_through() -> None:
    """With the usual filter no e-mail address, card, phone number or IP address is in a record."""
    redactable = [it for it in PLANTED if it.secret.redactable]
    assert [it for it in redactable if survivors(record(it, Filter()), [it.secret.text])] == []


def test_open_without_redaction_shows_them() -> None:
    """The search would find them: without redaction most of what is in bodies is there."""
    bare = Filter(redact=())
    shown = {it.place for it in PLANTED if survivors(record(it, bare), [it.secret.text])}
    assert {"input BYTES", "input name", "parameter", "form", "text", "path", "output", "error"} <= shown
    assert "gzip without saying so" in shown
    assert not {"header value", "cookie", "query", "sticky key", "id", "gzip"} & shown


def test_found_in_looks_into_everything(tmp_path: Path) -> None:
    """Plain, encoded, packed, in a file's name and in Parquet: a secret is found in each."""
    secret, other = "anna.k7f3@corp.example", "nobody@corp.example"
    packed = base64.b64encode(gzip.compress(b"x" + secret.encode()))
    ways = {
        "plain": secret.encode(),
        "percent": b"q=anna.k7f3%40corp.example",
        "hex": b"00" + secret.encode().hex().encode() + b"00",
        "base64": b'"' + packed + b'"',
        "gzip": b"--" + gzip.compress(secret.encode()),
        **{f"base64-{n}": base64.b64encode(b"y" * n + secret.encode() + b"zz") for n in range(5)},
        "utf-16": secret.encode("utf-16"),
    }
    for name, raw in ways.items():
        (tmp_path / name).write_bytes(raw)
    (tmp_path / f"{secret}.log").write_bytes(b"")
    target = tmp_path / "deep" / "rows.parquet"
    target.parent.mkdir()
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT {{'a': ['{secret}']}} AS x) TO '{target}' (COMPRESSION zstd)")
    (tmp_path / "innocent").write_bytes(b"nothing here \x1f\x8b of interest AAAAAAAAAAAAAAAA=")
    found = found_in([tmp_path], [secret, other])
    assert {path.name for path, _ in found} == {*ways, f"{secret}.log", "rows.parquet"}
    assert {text for _, text in found} == {secret}
