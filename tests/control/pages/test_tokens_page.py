"""The page of tokens shows who may come in, to admins alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gateway.control.access.tokens import Grant, Token
from gateway.control.pages.tokens_page import people, shown
from tests.control.access.entrance import NOW, Entrance

if TYPE_CHECKING:
    from tests.control.conftest import Site


@pytest.fixture
def entrance(site: Site) -> Entrance:
    """The entrance of a gateway with two routes."""
    return Entrance(site.places)


async def test_it_lists_tokens_and_offers_the_routes(entrance: Entrance) -> None:
    """Each with what it may, until when, and whether it still holds; a name is a text whatever is in it."""
    tokens = entrance.access.tokens
    _, text = tokens.create("boss", Grant("admin"), "<b>ann</b>")
    gone, _ = tokens.create("gone", Grant("viewer", frozenset({"late"}), NOW + 60), "cli:ann")
    tokens.revoke(gone.id)
    found = (await entrance.client(text).get("/tokens")).text
    assert ">&lt;b&gt;ann&lt;/b&gt;<" in found
    assert ">in force</span>" in found
    assert ">revoked</span>" in found
    assert "2026-05-28 20:27 UTC" in found
    assert found.count('class="revoke"') == 1
    assert 'aria-label="Revoke boss"' in found
    assert 'value="late"' in found
    assert 'value="protocol"' in found
    assert text.split("_", 2)[2] not in found


async def test_it_is_for_admins(entrance: Entrance) -> None:
    """Others are refused, and who is not known is sent to the login."""
    _, text = entrance.access.tokens.create("ann", Grant("operator"), "cli:ann")
    assert (await entrance.client(text).get("/tokens")).status_code == 403
    assert (await entrance.client().get("/tokens")).headers["location"] == "/login"


async def test_without_tokens_it_says_so(entrance: Entrance) -> None:
    """On a side that asks nobody."""
    entrance.is_open = True
    assert "There are no tokens yet." in (await entrance.client().get("/tokens")).text


@pytest.mark.parametrize("is_open", [True, False])
async def test_an_open_side_says_what_a_revoked_token_takes_away(entrance: Entrance, is_open: bool) -> None:
    """Nothing: whoever used it on this machine goes on without it."""
    entrance.is_open = is_open
    _, text = entrance.access.tokens.create("boss", Grant("admin"), "cli:ann")
    found = (await entrance.client(text).get("/tokens")).text
    assert [words in found for words in ("Nobody is asked", "goes on without it")] == [is_open, is_open]


def test_people_are_those_who_have_something() -> None:
    """A session, or tokens that hold; who used the command line is none of them."""
    tokens = [
        Token("1", "b", "viewer", None, NOW, "user:ann", None),
        Token("2", "a", "viewer", None, NOW, "user:ann", None),
        Token("3", "c", "viewer", None, NOW, "user:gone", NOW - 1),
        Token("4", "d", "viewer", None, NOW, "cli:ann", None),
    ]
    assert people(tokens, ["user:ben"], NOW) == [
        {"name": "user:ann", "is_logged_in": False, "tokens": ["a", "b"]},
        {"name": "user:ben", "is_logged_in": True, "tokens": []},
    ]


def test_a_token_that_expired_is_told_from_one_that_was_revoked() -> None:
    """By a word, not by a colour."""
    token = Token("1", "ci", "viewer", None, NOW, "cli:ann", NOW + 1)
    assert [shown(token, at)["state"] for at in (NOW, NOW + 1)] == ["in force", "expired"]
