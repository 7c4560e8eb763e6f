"""Who asks, and what an answer looks like."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from gateway.control.access.roles import Principal
from gateway.control.problems import Refusal
from gateway.control.replies import asker_of, reply

ANN = Principal("token:ann", "operator", "token")


def request(*headers: tuple[bytes, bytes], principal: Principal | None = ANN) -> Request:
    """A request with headers, from somebody."""
    return Request({"type": "http", "headers": list(headers), "principal": principal})


def test_an_answer_is_json_with_its_revision_as_the_tag() -> None:
    """On a line of its own; without a revision without a tag."""
    answer = reply({"a": 1}, 7)
    assert (answer.body, answer.headers["etag"], answer.media_type) == (
        b'{"a":1}\n',
        '"7"',
        "application/json",
    )
    assert "etag" not in reply([]).headers


def test_who_asks_is_named() -> None:
    """With the reason and the revisions it was based on."""
    asker = asker_of(request((b"if-match", b'"7", "8"')), "why")
    assert (asker.author, asker.reason, asker.expected) == ("token:ann", "why", frozenset({"7", "8"}))
    assert asker_of(request(principal=None), "").author == "unknown"
    with pytest.raises(Refusal, match="is no entity tag"):
        asker_of(request((b"if-match", b"seven")), "")
