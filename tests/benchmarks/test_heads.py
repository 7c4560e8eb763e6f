"""The pool of requests."""

from __future__ import annotations

import json
import random
from pathlib import Path

from benchmarks import heads


def split(request: bytes) -> tuple[dict[str, str], bytes]:
    """Take a request apart."""
    head, _, body = request.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")[1:]
    return {line.partition(": ")[0]: line.partition(": ")[2] for line in lines}, body


def test_every_head_differs() -> None:
    """No two requests share authorization or traceparent, and users vary."""
    requests = [split(one)[0] for one in heads.pool(1, size=500)]
    assert len({one["authorization"] for one in requests}) == 500
    assert len({one["traceparent"] for one in requests}) == 500
    assert len({one["x-user-id"] for one in requests}) > 450


def test_a_body_is_json_of_about_200_bytes_and_its_length_is_true() -> None:
    """The benchmark says what it sends, so it must send that."""
    for request in heads.pool(2, size=100):
        head, body = split(request)
        assert int(head["content-length"]) == len(body)
        assert 150 <= len(body) <= 250
        assert json.loads(body)["inputs"][0]["shape"] == [1, 12]


def test_paths_are_spread_evenly() -> None:
    """Each path gets the same number of requests."""
    requests = heads.pool(3, ["/a", "/b"], size=10)
    assert sum(one.startswith(b"POST /a ") for one in requests) == 5


def test_the_same_seed_gives_the_same_pool(tmp_path: Path) -> None:
    """Two runs compare; and the file that wrk reads holds the same requests."""
    requests = heads.pool(4, size=20)
    assert requests == heads.pool(4, size=20)
    assert heads.write_pool(requests, tmp_path / "pool").read_bytes().split(heads.SEPARATOR) == requests


def test_a_request_can_be_asked_for_otherwise() -> None:
    """A GET has no length; further lines stand among the others."""
    got = heads.asking(random.Random(1), "GET", "/raw", lines=("connection: close",))
    head, body = split(got)
    assert got.startswith(b"GET /raw HTTP/1.1\r\n")
    assert "content-length" not in head
    assert head["connection"] == "close"
    assert body == b""
