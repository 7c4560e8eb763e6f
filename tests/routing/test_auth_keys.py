"""Keys of clients as a file."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.routing.auth_keys import (
    HEADER,
    LONGEST_KEY,
    NAME,
    BadKeys,
    ClientKey,
    digest_of,
    new_key,
    read_keys_file,
    with_key,
    without_keys,
)

NAMES = st.from_regex(NAME, fullmatch=True)
COMMENTS = st.lists(st.sampled_from(["", "  ", "# by hand", "#", "\t# x y z sha256:00"]), max_size=3)


@given(st.lists(st.tuples(NAMES, COMMENTS), max_size=5))
def test_keys_are_read_back_as_they_were_made_among_comments_that_stay(
    clients: list[tuple[str, list[str]]],
) -> None:
    """Whatever names and comments there are, each key is found, and nothing that was written is lost."""
    text = HEADER
    made: list[ClientKey] = []
    for name, comments in clients:
        text += "".join(f"{comment}\n" for comment in comments)
        key = new_key(name, "made now")[1]
        made.append(key)
        text = with_key(text, key)
    assert read_keys_file(text) == tuple(made)
    kept = without_keys(text, {key.id for key in made})
    assert read_keys_file(kept) == ()
    assert [line for line in text.split("\n") if "sha256:" not in line or line.strip().startswith("#")] == (
        kept.split("\n")
    )


@given(st.lists(NAMES, min_size=2, max_size=5), st.data())
def test_revoking_one_key_leaves_the_others(names: list[str], data: st.DataObject) -> None:
    """Only the line of that id goes."""
    made = [new_key(name)[1] for name in names]
    text = ""
    for key in made:
        text = with_key(text, key)
    gone = data.draw(st.sampled_from(made))
    assert read_keys_file(without_keys(text, {gone.id})) == tuple(key for key in made if key is not gone)


def test_a_key_is_told_once_and_has_256_random_bits() -> None:
    """The file has its digest, never the key; two keys differ; a key fits a header."""
    told, key = new_key("acme")
    again, _ = new_key("acme")
    assert told != again
    assert told.startswith(f"gwk_{key.id}_")
    assert len(told.rsplit(f"{key.id}_", 1)[1]) == 43
    assert len(told) < LONGEST_KEY
    assert told.isascii()
    assert key.digest == digest_of(told.encode())
    assert told not in with_key("", key)


GOOD = "a" * 64


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("acme 0123456789ab", "expected a name, an id and a digest, got 2 words"),
        (f"acme 0123456789ab sha256:{GOOD} more", "got 4 words"),
        (f"-acme 0123456789ab sha256:{GOOD}", "a name has up to 63"),
        (f"~gateway 0123456789ab sha256:{GOOD}", "a name has up to 63"),
        (f"acme 0123456789AB sha256:{GOOD}", "12 hexadecimal digits"),
        (f"acme 0123456789ab {GOOD}", "the digest must be"),
        ("acme 0123456789ab sha256:aa", "the digest must be"),
        (f"acme 0123456789ab sha256:{GOOD.upper()}", "the digest must be"),
        ("acme 0123456789ab gwk_0123456789ab_secret", "a key itself must not stand in this file"),
    ],
)
def test_a_line_that_cannot_be_read_is_told_by_its_number_without_what_it_says(line: str, why: str) -> None:
    """Somebody may have put a secret there, so the line itself is not repeated."""
    with pytest.raises(BadKeys, match=r"^line 2: ") as raised:
        read_keys_file(f"# first\n{line}\n")
    assert why in str(raised.value)
    assert GOOD not in str(raised.value)
    assert "secret" not in str(raised.value)


@given(st.text(max_size=200))
def test_any_text_is_keys_or_is_refused(text: str) -> None:
    """Nothing else is raised, whatever lies there."""
    with suppress(BadKeys):
        assert all(NAME.fullmatch(key.name) for key in read_keys_file(text))


def test_a_key_that_stands_twice_is_refused() -> None:
    """By its id or by its digest: revoking one of them would leave the other."""
    key = new_key("acme")[1]
    for twin in (ClientKey("b", key.id, digest_of(b"x")), ClientKey("b", "0" * 12, key.digest)):
        with pytest.raises(BadKeys, match="stands there twice"):
            read_keys_file(with_key(with_key("", key), twin))


@pytest.mark.parametrize("name", ["", "a b", "~gateway", "a\nb", "x" * 64, "é"])
def test_a_name_that_would_not_fit_a_line_is_refused(name: str) -> None:
    """Blanks and line ends would make another line of it."""
    with pytest.raises(BadKeys, match="cannot be a client's name"):
        new_key(name)


def test_a_text_without_an_end_of_line_gets_one() -> None:
    """So the new key has a line of its own."""
    first, second = new_key("a")[1], new_key("b")[1]
    text = with_key(with_key("", first).rstrip("\n"), second)
    assert read_keys_file(text) == (first, second)
