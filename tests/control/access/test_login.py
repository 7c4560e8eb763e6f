"""Coming in: one sentence for whatever is wrong, an event for what happened, and a secret in neither."""

from __future__ import annotations

import logging

import pytest

from gateway.control.access.lockout import FAILURES, LOCKED_FOR
from gateway.control.access.login import BAD_TOKEN, nobody_listens, source_of
from gateway.control.access.roles import Principal
from gateway.control.access.tokens import Grant, parts
from gateway.control.problems import Refusal
from tests.control.access.entrance import NOW, Entrance

PEER = "192.0.2.7"


def refused(entrance: Entrance, text: str) -> Refusal:
    """Send a token that is not taken."""
    with pytest.raises(Refusal) as found:
        entrance.access.by_token(text, PEER)
    return found.value


def test_a_token_comes_in_under_its_name(entrance: Entrance) -> None:
    """With what it has; that is no event, for a script asks a thousand times a day."""
    token, text = entrance.access.tokens.create("ci", Grant("operator", frozenset({"late"})), "cli:ann")
    found = entrance.access.by_token(text, PEER)
    assert found == Principal("token:ci", "operator", "token", frozenset({"late"}), token.id)
    assert entrance.events == []


def test_all_that_is_wrong_is_told_alike(entrance: Entrance, caplog: pytest.LogCaptureFixture) -> None:
    """In the same words; the trail gets the number of the token, nobody its secret."""
    tokens = entrance.access.tokens
    token, text = tokens.create("ci", Grant("viewer", None, NOW + 1), "cli:ann")
    entrance.clock.at += 1
    gone, revoked = tokens.create("gone", Grant("viewer"), "cli:ann")
    tokens.revoke(gone.id)
    with caplog.at_level(logging.DEBUG):
        found = [refused(entrance, wrong) for wrong in (text, revoked, text[:-1], "gw_", "")]
    assert {(one.status, one.detail) for one in found} == {(401, BAD_TOKEN)}
    assert [event[3] for event in entrance.events] == [token.id, gone.id, "", "", ""]
    assert {(event[0], event[1], event[2], event[4]) for event in entrance.events} == {
        ("authenticate", None, PEER, "refused")
    }
    told = f"{found} {[one.headers for one in found]} {entrance.events} {caplog.text}"
    assert not any(parts(secret)[1] in told for secret in (text, revoked))


def test_a_guesser_waits_and_leaves_ten_events(entrance: Entrance) -> None:
    """The trail does not grow with what comes while the address is locked."""
    _, text = entrance.access.tokens.create("ci", Grant("viewer"), "cli:ann")
    found = [refused(entrance, "wrong") for _ in range(FAILURES + 20)]
    assert [one.status for one in found] == [401] * FAILURES + [429] * 20
    assert found[-1].headers == {"retry-after": str(int(LOCKED_FOR))}
    assert len(entrance.events) == FAILURES
    with pytest.raises(Refusal, match="too many wrong tokens"):
        entrance.access.log_in("wrong", PEER)
    entrance.clock.at += LOCKED_FOR
    assert refused(entrance, "wrong").status == 401
    assert entrance.access.by_token(text, PEER).name == "token:ci"


def test_a_stranger_at_the_same_address_shuts_nobody_out(entrance: Entrance) -> None:
    """Behind a proxy all may have one: a right token comes in, a new one too, and a session stays."""
    _, text = entrance.access.tokens.create("ci", Grant("viewer"), "cli:ann")
    cookie = entrance.access.log_in(text, PEER)
    for _ in range(FAILURES + 1):
        refused(entrance, "wrong")
    _, new = entrance.access.tokens.create("new", Grant("viewer"), "cli:ann")
    assert entrance.access.by_token(text, PEER).kind == "token"
    assert entrance.access.log_in(new, PEER)
    assert entrance.access.sessions.find(cookie) is not None


def test_a_login_makes_a_new_session_and_ends_the_one_before(entrance: Entrance) -> None:
    """So that a cookie somebody else put into the browser is worth nothing afterwards."""
    token, text = entrance.access.tokens.create("ci", Grant("viewer"), "cli:ann")
    first = entrance.access.log_in(text, PEER)
    second = entrance.access.log_in(text, PEER, first)
    assert entrance.access.sessions.find(first) is None
    assert entrance.access.sessions.find(second) == Principal("token:ci", "viewer", "session", None, token.id)
    assert [(event[0], event[4]) for event in entrance.events] == [("login", "done")] * 2


def test_a_wrong_login_leaves_the_session_that_was_there(entrance: Entrance) -> None:
    """A mistyped token throws nobody out."""
    _, text = entrance.access.tokens.create("ci", Grant("viewer"), "cli:ann")
    cookie = entrance.access.log_in(text, PEER)
    with pytest.raises(Refusal):
        entrance.access.log_in("wrong", PEER, cookie)
    assert entrance.access.sessions.find(cookie) is not None


def test_a_log_out_is_an_event_once(entrance: Entrance) -> None:
    """The second one finds nothing to end."""
    _, text = entrance.access.tokens.create("ci", Grant("viewer"), "cli:ann")
    cookie = entrance.access.log_in(text, PEER)
    entrance.access.log_out(cookie, PEER)
    entrance.access.log_out(cookie, PEER)
    assert [event[0] for event in entrance.events] == ["login", "logout"]
    assert entrance.access.sessions.find(cookie) is None


def test_a_source_is_an_address_or_the_socket() -> None:
    """A client that has gone away has none, and is not taken for the socket."""
    assert source_of({"client": (PEER, 1), "server": ("127.0.0.1", 9090)}) == PEER
    assert source_of({"client": None, "server": ("/run/admin.sock", None)}) == "socket"
    assert source_of({"client": None, "server": ("127.0.0.1", 9090)}) == "unknown"
    assert source_of({"client": ("x" * 999, 1), "server": ("127.0.0.1", 9090)}) == "x" * 64
    nobody_listens("login", None, PEER, "", "done")
