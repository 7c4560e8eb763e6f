"""The store of tokens: hashes alone, and every question asked of the disk as it is now."""

from __future__ import annotations

import hmac
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.control.access.roles import Principal
from gateway.control.access.token_store import KEPT_AFTER_END, USED_EVERY, TokenStore
from gateway.control.access.tokens import Grant, parts
from gateway.errors import ChangeRefused
from tests.control.access.entrance import NOW, Clock, Entrance, at


@pytest.fixture
def store(entrance: Entrance) -> TokenStore:
    """The tokens of an entrance."""
    return entrance.access.tokens


def test_a_token_is_found_again_as_it_was_made(store: TokenStore) -> None:
    """With its role, its routes and its end."""
    wish = Grant("operator", frozenset({"late", "risk"}), NOW + 60)
    token, text = store.create("ci", wish, "cli:ann")
    assert [token] == store.all()
    found = store.verified(text)
    assert found == token
    assert (found.role, found.routes, found.expires, found.created_by) == (
        "operator",
        frozenset({"late", "risk"}),
        NOW + 60,
        "cli:ann",
    )


def test_nothing_on_the_disk_opens_anything(store: TokenStore, entrance: Entrance) -> None:
    """Neither the token nor its secret is in the database."""
    _, text = store.create("ci", Grant("admin"), "cli:ann")
    content = entrance.places.access.read_bytes()
    assert parts(text)[0].encode() in content
    assert parts(text)[1].encode() not in content


def test_wrong_ones_are_refused_after_the_same_work(
    store: TokenStore, entrance: Entrance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unknown, mistyped, malformed, expired and revoked: one comparison of one digest each."""
    compared: list[int] = []
    compare = hmac.compare_digest

    def counted(one: bytes, other: bytes) -> bool:
        compared.append(len(one + other))
        return compare(one, other)

    monkeypatch.setattr(hmac, "compare_digest", counted)
    _, good = store.create("good", Grant("viewer"), "cli:ann")
    _, old = store.create("old", Grant("viewer", None, NOW + 1), "cli:ann")
    gone, revoked = store.create("gone", Grant("viewer"), "cli:ann")
    store.revoke(gone.id)
    entrance.clock.at += 1
    unknown = good.replace(parts(good)[0], "00000000")
    other = good[:-43] + parts(old)[1]
    for text in (unknown, other, "", "gw_", "x" * 9999, old, revoked):
        assert store.verified(text) is None
    assert store.verified(good) is not None
    assert compared == [64] * 8


def test_what_another_process_revoked_is_refused_at_once(store: TokenStore, entrance: Entrance) -> None:
    """Nothing is remembered; revoking twice changes nothing."""
    token, text = store.create("ci", Grant("viewer"), "cli:ann")
    assert store.verified(text) is not None
    other = TokenStore(entrance.places.access, Clock(NOW + 5))
    [revoked] = other.revoke(token.id)
    assert revoked.revoked == NOW + 5
    assert store.verified(text) is None
    assert store.revoke(token.id) == [revoked] == [store.find(token.id)]
    assert store.revoke("00000000") == []
    assert store.find("00000000") is None


def test_its_use_is_written_down_once_a_minute(store: TokenStore, entrance: Entrance) -> None:
    """A scrape each second writes nothing in between."""
    token, text = store.create("ci", Grant("viewer"), "cli:ann")
    used = []
    for step in (0, USED_EVERY - 1, 1, 30):
        entrance.clock.at += step
        store.verified(text)
        found = store.find(token.id)
        assert found is not None
        used.append(found.last_used)
    assert used == [NOW, NOW, NOW + USED_EVERY, NOW + USED_EVERY]


def test_two_in_force_never_have_one_name(store: TokenStore) -> None:
    """The history names authors, and must not mix them up; a name that is free again may be used."""
    first, _ = store.create("ci", Grant("viewer"), "cli:ann")
    with pytest.raises(ChangeRefused, match=f"gateway token revoke {first.id}"):
        store.create("ci", Grant("admin"), "cli:ben")
    assert len(store.all()) == 1
    store.revoke(first.id)
    store.create("ci", Grant("admin"), "cli:ben")
    assert [token.revoked is None for token in store.all()] in ([True, False], [False, True])


def test_what_ended_long_ago_is_forgotten(store: TokenStore, entrance: Entrance) -> None:
    """The list does not grow for ever with tokens that are made each day."""
    gone, _ = store.create("gone", Grant("viewer"), "cli:ann")
    store.create("old", Grant("viewer", None, NOW + 1), "cli:ann")
    store.create("lasting", Grant("viewer"), "cli:ann")
    store.revoke(gone.id)
    entrance.clock.at += KEPT_AFTER_END
    store.create("one", Grant("viewer"), "cli:ann")
    assert {token.name for token in store.all()} == {"gone", "old", "lasting", "one"}
    entrance.clock.at += 2
    store.create("two", Grant("viewer"), "cli:ann")
    assert [token.name for token in store.all()] == ["two", "one", "lasting"]


def test_a_store_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    """As the system does."""
    with pytest.raises(FileNotFoundError):
        TokenStore(tmp_path / "nowhere" / "access.db").all()


@settings(max_examples=15)
@given(st.lists(st.integers(min_value=0, max_value=9), min_size=1, max_size=9), st.integers(0, 9))
def test_a_token_takes_all_with_it_that_were_made_with_it(makers: list[int], which: int) -> None:
    """Those made with these too, and none else; each is told once, and a session of theirs ends."""
    with TemporaryDirectory() as folder:
        entrance = at(Path(folder))
        store = entrance.access.tokens
        made = [store.create("t0", Grant("admin"), "cli:ann")]
        family = {0: {0}}
        for number, maker in enumerate(makers, 1):
            maker %= len(made)
            made.append(store.create(f"t{number}", Grant("admin"), "token:x", made[maker][0].id))
            family[number] = {number}
            for members in family.values():
                if maker in members:
                    members.add(number)
        which %= len(made)
        told = store.revoke(made[which][0].id)
        assert told[0].id == made[which][0].id
        assert sorted(token.id for token in told) == sorted(made[number][0].id for number in family[which])
        for number, (_, text) in enumerate(made):
            assert (store.verified(text) is None) == (number in family[which])


def test_nothing_is_made_with_a_token_that_has_ended(store: TokenStore) -> None:
    """A token is not made behind the back of whoever revokes its maker."""
    maker, _ = store.create("maker", Grant("admin"), "cli:ann")
    store.revoke(maker.id)
    with pytest.raises(ChangeRefused, match="has just ended"):
        store.create("late", Grant("admin"), "token:maker", maker.id)


def test_a_person_ends_with_all_they_made(entrance: Entrance) -> None:
    """Their sessions, their tokens, and what was made with these; others stay."""
    store, sessions = entrance.access.tokens, entrance.access.sessions
    own, text = store.create("own", Grant("admin"), "user:ann")
    made, made_text = store.create("made", Grant("viewer"), "token:own", own.id)
    _, other = store.create("other", Grant("viewer"), "user:ben")
    store.revoke(store.create("gone", Grant("viewer"), "user:ann")[0].id)
    for name in ("user:ann", "user:ann", "user:ben"):
        sessions.begin(Principal(name, "viewer", "session"))
    ended, count = store.revoke_person("user:ann")
    assert ({token.id for token in ended}, count) == ({own.id, made.id}, 2)
    assert [store.verified(one) is None for one in (text, made_text, other)] == [True, True, False]
    assert store.revoke_person("user:ann") == ([], 0)
    assert store.revoke_person("user:ben")[1] == 1
