"""Tokens: nothing to guess, nothing shown twice, and never more than the maker has."""

from __future__ import annotations

import string

from hypothesis import example, given
from hypothesis import strategies as st

from gateway.control.access.roles import ROLES
from gateway.control.access.tokens import (
    EVERYTHING,
    Grant,
    Token,
    digest_of,
    is_name,
    minted,
    overreach,
    parts,
)

NAMES = ("late", "early", "risk")
TIMES = (1.0, 2.0, 3.0)
GRANTS = st.builds(
    Grant,
    st.sampled_from(ROLES),
    st.none() | st.frozensets(st.sampled_from(NAMES), min_size=1),
    st.none() | st.sampled_from(TIMES),
)


def powers(grant: Grant) -> set[tuple[str, str, float]]:
    """Everything that a grant lets somebody do: as which role, where (or everywhere), at which time."""
    places = (*NAMES, "everywhere") if grant.routes is None else grant.routes
    times = [at for at in (0.0, *TIMES, 9.0) if grant.expires is None or at < grant.expires]
    roles = ROLES[: ROLES.index(grant.role) + 1]
    return {(role, place, at) for role in roles for place in places for at in times}


@given(GRANTS, GRANTS)
@example(Grant("admin"), Grant("admin", frozenset()))
def test_nobody_gives_more_than_they_have(wish: Grant, maker: Grant) -> None:
    """A wish passes exactly if all that it lets somebody do its maker can do as well."""
    assert (overreach(wish, maker) == "") == (powers(wish) <= powers(maker))


@given(GRANTS, st.lists(GRANTS, max_size=5))
def test_no_chain_of_tokens_leads_upwards(first: Grant, wishes: list[Grant]) -> None:
    """However many tokens are made by one another, the last has nothing that the first had not."""
    last = first
    for wish in wishes:
        if not overreach(wish, last):
            last = wish
    assert powers(last) <= powers(first)


@given(GRANTS)
def test_whoever_may_write_the_file_may_give_anything(wish: Grant) -> None:
    """As the command line does."""
    assert not overreach(wish, EVERYTHING)


def test_a_refusal_says_what_is_too_much() -> None:
    """The role, the routes or the time."""
    limited = Grant("operator", frozenset({"late"}), 5.0)
    assert "cannot make a token with the role admin" in overreach(Grant("admin"), limited)
    assert "(late) cannot make a token for all of them" in overreach(Grant("viewer"), limited)
    wide = Grant("viewer", frozenset({"late", "risk"}), 1.0)
    assert "(late) cannot make a token for risk" in overreach(wide, limited)
    assert "cannot outlive" in overreach(Grant("viewer", frozenset({"late"})), limited)


def test_a_token_is_256_random_bits_behind_a_public_number() -> None:
    """Two are never alike, and what is shown of one by accident has no secret."""
    many = [minted() for _ in range(200)]
    assert len({token.text for token in many}) == 200
    for token in many:
        number, secret = parts(token.text)
        assert (number, len(secret), digest_of(secret)) == (token.id, 43, token.digest)
        assert token.text == f"gw_{number}_{secret}"
        assert secret not in repr(token)


@given(st.text() | st.text(string.ascii_letters + string.digits + "_-", min_size=50, max_size=60))
@example("gw_0123abcd_" + "a" * 43 + "\n")
@example("gw_0123abcd_" + "a" * 42)
@example("GW_0123abcd_" + "a" * 43)
@example("gw_0123abcd_" + "ä" * 43)
def test_what_is_no_token_has_no_parts(text: str) -> None:
    """Whatever is sent."""
    assert parts(text) == ("", "")


def test_a_token_holds_until_its_end() -> None:
    """To the second at which it expires, and not at all once it was revoked."""
    token = Token("1", "ci", "viewer", None, 0.0, "cli:ann", 10.0)
    assert [token.is_in_force(at) for at in (0.0, 9.99, 10.0)] == [True, True, False]
    assert Token("1", "ci", "viewer", None, 0.0, "cli:ann", None).is_in_force(1e12)
    assert not Token("1", "ci", "viewer", None, 0.0, "cli:ann", None, 5.0).is_in_force(6.0)


def test_a_name_is_one_word() -> None:
    """It stands in the history as an author, and in a table."""
    assert all(map(is_name, ("ci", "ann@site", "a", "A.b_c-1", "x" * 64)))
    assert not any(map(is_name, ("", "two words", "-a", "a\n", "x" * 65, "<b>", "ä", "a:b")))
