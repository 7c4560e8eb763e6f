"""Sessions: each begins anew, and ends in time, with its token or when somebody says so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.control.access.login import principal_for
from gateway.control.access.oidc import Oidc
from gateway.control.access.roles import Principal
from gateway.control.access.sessions import IDLE, LIFE, MOST_OF_ONE, SEEN_EVERY, Sessions
from gateway.control.access.tokens import Grant
from gateway.routing.admin_settings import OidcRoles, OidcSettings
from tests.control.access.entrance import NOW, Clock, Entrance, at

OIDC = OidcSettings(
    "https://id.example", "gateway", "${S}", "http://localhost", OidcRoles("groups", (), ("o",), ("v",))
)
ANN = Principal(
    "user:ann", "operator", "open", frozenset({"late"}), granted='["https://id.example", "groups", ["o"]]'
)
BEN = Principal("user:ben", "viewer", "open", granted='["https://id.example", "groups", ["v"]]')


@pytest.fixture
def entrance(tmp_path: Path) -> Entrance:
    """An entrance with a provider."""
    return at(tmp_path, oidc=Oidc(OIDC))


@pytest.fixture
def sessions(entrance: Entrance) -> Sessions:
    """The sessions of an entrance."""
    return entrance.access.sessions


def test_one_of_a_provider_ends_with_what_gave_it(entrance: Entrance) -> None:
    """Another provider or none in routing.yaml, or a mapping without that role; a token's stays."""
    sessions = entrance.access.sessions
    token, _ = entrance.access.tokens.create("ci", Grant("viewer"), "cli:ann")
    ann, ben, script = [sessions.begin(one) for one in (ANN, BEN, principal_for(token))]
    roles = OidcRoles("groups", (), (), ("v", "o"))
    assert sessions.people() == ["user:ann", "user:ben"]
    for oidc, left in (
        (OIDC, [True, True, True]),
        (None, [False, False, True]),
        (replace(OIDC, issuer="https://other.example"), [False, False, True]),
        (replace(OIDC, roles=roles), [False, True, True]),
    ):
        now = Sessions(entrance.places.access, entrance.clock, oidc)
        assert [now.find(cookie) is not None for cookie in (ann, ben, script)] == left
        assert len(now.people()) == sum(left[:2])
    nobody = replace(ANN, granted="")
    assert sessions.find(sessions.begin(nobody)) is None


def test_a_session_has_what_its_owner_has(sessions: Sessions) -> None:
    """Role and routes, under the same name."""
    found = sessions.find(sessions.begin(ANN))
    assert found == Principal("user:ann", "operator", "session", frozenset({"late"}))


def test_each_login_is_a_new_session(sessions: Sessions, entrance: Entrance) -> None:
    """And none can be chosen beforehand: what was not handed out is nobody, and the disk has hashes alone."""
    one, two = sessions.begin(ANN), sessions.begin(ANN)
    assert one != two
    assert min(len(one), len(two)) == 43
    assert sessions.find("chosen") is None
    assert sessions.find("") is None
    assert one.encode() not in entrance.places.access.read_bytes()


def test_it_ends_when_it_is_told_to(sessions: Sessions) -> None:
    """In the store, so that a copy of the cookie is worth nothing; others go on."""
    one, two = sessions.begin(ANN), sessions.begin(ANN)
    sessions.end(one)
    sessions.end("never was one")
    assert sessions.find(one) is None
    assert sessions.find(two) is not None


def test_it_ends_with_its_token(sessions: Sessions, entrance: Entrance) -> None:
    """At the next request after it expired or was revoked, by whomever."""
    tokens = entrance.access.tokens
    short, _ = tokens.create("short", Grant("viewer", None, NOW + 60), "cli:ann")
    long, _ = tokens.create("long", Grant("viewer"), "cli:ann")
    brief, lasting = sessions.begin(principal_for(short)), sessions.begin(principal_for(long))
    entrance.clock.at += 59
    assert sessions.find(brief) == Principal("token:short", "viewer", "session", None, short.id)
    entrance.clock.at += 1
    assert sessions.find(brief) is None
    assert sessions.find(lasting) is not None
    tokens.revoke(long.id)
    assert sessions.find(lasting) is None


def test_a_session_of_a_token_that_is_gone_is_nobody(sessions: Sessions) -> None:
    """Where the token was removed from the database altogether."""
    assert sessions.find(sessions.begin(Principal("token:ci", "admin", "token", None, "0badcafe"))) is None


@settings(max_examples=20)
@given(st.lists(st.floats(min_value=0, max_value=IDLE * 1.5), max_size=30))
def test_it_lives_half_a_day_at_most_and_an_hour_unused(steps: list[float]) -> None:
    """Its use is written to the minute, so it may end that much early, and never late."""
    with TemporaryDirectory() as folder:
        clock = Clock()
        sessions = Sessions(Path(folder) / "access.db", clock, OIDC)
        cookie, used = sessions.begin(ANN), clock.at
        for step in steps:
            clock.at += step
            if sessions.find(cookie) is None:
                assert clock.at - NOW >= LIFE or clock.at - used >= IDLE - SEEN_EVERY
                break
            assert clock.at - NOW < LIFE
            assert clock.at - used < IDLE
            used = clock.at


def test_there_are_never_many_of_one(sessions: Sessions, entrance: Entrance) -> None:
    """The oldest ends; those of others do not."""
    other = sessions.begin(BEN)
    cookies = []
    for _ in range(MOST_OF_ONE + 3):
        entrance.clock.at += 1
        cookies.append(sessions.begin(ANN))
    assert [sessions.find(cookie) is None for cookie in cookies[:4]] == [True, True, True, False]
    assert sessions.find(other) is not None


def test_those_that_ended_are_removed(tmp_path: Path) -> None:
    """At the next login, whosever."""
    entrance = at(tmp_path, oidc=Oidc(OIDC))
    first = entrance.access.sessions.begin(ANN)
    entrance.clock.at += IDLE
    entrance.access.sessions.begin(ANN)
    entrance.clock.at = NOW
    assert entrance.access.sessions.find(first) is None
