"""Reading what callers send."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any

import pytest
from starlette.datastructures import Headers

from gateway.control.bodies import (
    BODY_LIMIT,
    check_known,
    check_media_type,
    nearest,
    parsed,
    shown,
    validated,
)
from gateway.control.models import NewWeights, Rollback
from gateway.control.problems import Refusal

if TYPE_CHECKING:
    from tests.control.conftest import Control

PATH = "/api/v1/routes/late/weights"
EXAMPLE = '{"to": 3}'


def detail_of(document: dict[str, Any]) -> str:
    """What is said of new weights that are refused."""
    with pytest.raises(Refusal) as caught:
        validated(document, NewWeights)
    assert caught.value.status == 400
    return caught.value.detail


def test_an_unknown_key_is_named_with_the_nearest_known() -> None:
    """A slip of the finger is told apart from what was meant."""
    found = detail_of({"wieghts": {"blue": 1}})
    assert found == "unknown key \"wieghts\"; did you mean 'weights'?; known: weights, reason"


def test_what_is_near_nothing_gets_no_guess() -> None:
    """A guess is made only where it is likely."""
    assert "did you mean" not in detail_of({"zzz": 1})
    assert nearest("canari", ["canary", "blue"]) == "; did you mean 'canary'?"
    assert nearest("", ["canary"]) == ""


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({}, "weights is missing"),
        ({"weights": {"blue": "90"}}, 'weights.blue: input should be a valid number, not "90"'),
        ({"weights": {"blue": -1}}, "weights.blue: input should be greater than or equal to 0, not -1"),
        ({"weights": {"blue": 1}, "reason": "a\nb"}, "reason: must be one line of visible characters"),
        ({"weights": {}}, "weights: dictionary should have at least 1 item"),
    ],
)
def test_a_wrong_value_is_named_with_what_came(document: dict[str, Any], expected: str) -> None:
    """The sentence says where, what was expected and what it was instead."""
    assert expected in detail_of(document)


def test_several_mistakes_are_told_at_once() -> None:
    """Whoever made two mistakes mends both before trying again."""
    found = detail_of({"weights": {"blue": "x", "canary": -1}, "reason": 3})
    assert found.count(";") == 2


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"{", "not JSON"),
        (b"", "not JSON"),
        (b"\xff", "not JSON"),
        (b'{"to": NaN}', "NaN is not a JSON number"),
        (b'{"to": 1, "to": 2}', 'the key "to" stands there twice'),
        (b"[" * 50_000, "not JSON"),
        (b"[1]", "must be a JSON object"),
        (b'"text"', "must be a JSON object"),
        (b"null", "must be a JSON object"),
    ],
)
def test_what_is_no_json_object(content: bytes, expected: str) -> None:
    """Broken JSON, ambiguous JSON and JSON of another kind are refused with an example to follow."""
    with pytest.raises(Refusal, match=expected) as caught:
        parsed(content, EXAMPLE)
    assert EXAMPLE in caught.value.detail


@pytest.mark.parametrize("media_type", ["application/json", "Application/JSON; charset=UTF-8"])
def test_json_by_its_media_type(media_type: str) -> None:
    """JSON passes, with its charset named or not."""
    check_media_type(Headers({"content-type": media_type}))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content-type": "text/plain"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "application/json; charset=latin-1"},
        {"content-type": "application/json", "content-encoding": "gzip"},
    ],
)
def test_what_a_form_could_send_is_refused(headers: dict[str, str]) -> None:
    """A page can post forms and plain text without asking; JSON it cannot."""
    with pytest.raises(Refusal) as caught:
        check_media_type(Headers(headers))
    assert caught.value.status == 415


def test_unknown_words_of_any_kind() -> None:
    """The same sentence serves query parameters."""
    with pytest.raises(Refusal, match="unknown query parameter \"limti\"; did you mean 'limit'"):
        check_known({"limti": "3"}, ["limit"], "query parameter")


def test_values_are_shown_short_and_visible() -> None:
    """What came is quoted in one line that cannot move a terminal's cursor."""
    assert shown("a\x9b31m") == '"a\\u009b31m"'
    assert len(shown("x" * 1000)) == 60


def test_a_body_is_missing(control: Control) -> None:
    """Weights cannot be replaced by nothing; the answer shows how to write them."""
    found = control.ask("PUT", PATH)
    assert found.status == 400
    assert '{"weights": {' in found.json["detail"]


def test_a_body_needs_its_media_type(control: Control) -> None:
    """The right content under the wrong name is refused."""
    found = control.ask("PUT", PATH, {"weights": {"blue": 1}}, {"content-type": "text/plain"})
    assert found.status == 415
    assert control.site.live() == 1


def test_a_body_of_exactly_the_limit_is_read(control: Control) -> None:
    """Up to the limit the content decides."""
    frame = json.dumps({"reason": ""})
    body = frame.replace('""', '"' + "x" * (BODY_LIMIT - len(frame)) + '"').encode()
    assert len(body) == BODY_LIMIT
    assert control.ask("POST", "/api/v1/rollback", body).status == 400


def test_a_larger_body_is_refused_before_it_is_read(control: Control) -> None:
    """Its declared length is enough to refuse it."""
    head = f"POST /api/v1/rollback HTTP/1.1\r\nhost: localhost\r\ncontent-length: {BODY_LIMIT + 1}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", control.port)) as wire:
        wire.sendall(head.encode())
        assert wire.recv(100).startswith(b"HTTP/1.1 413 ")


def test_a_larger_body_without_a_length_is_refused_too(control: Control) -> None:
    """What comes in chunks is counted while it comes, and the server goes on serving."""
    head = "POST /api/v1/rollback HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n"
    with socket.create_connection(("127.0.0.1", control.port)) as wire:
        wire.sendall(head.encode() + b"10001\r\n" + b" " * 0x10001 + b"\r\n")
        assert wire.recv(100).startswith(b"HTTP/1.1 413 ")
    assert control.site.live() == 1
    assert control.ask("GET", "/healthz").status == 200


def test_a_caller_that_leaves_in_the_middle_changes_nothing(control: Control) -> None:
    """Half a body is not a request."""
    head = "PUT " + PATH + " HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
    with socket.create_connection(("127.0.0.1", control.port)) as wire:
        wire.sendall(head.encode() + b'content-length: 100\r\n\r\n{"weights": {"canary": 1}}')
    assert control.ask("GET", "/healthz").status == 200
    assert control.site.live() == 1


def test_an_empty_body_is_the_default() -> None:
    """An empty object rolls back to stable like no body at all."""
    assert validated({}, Rollback) == Rollback()
