"""Authors and actions in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.control.authors import author, deed, done_by, spoken


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("file", "edited in routing.yaml"),
        ("api:127.0.0.1", "dashboard, this machine"),
        ("api:::1", "dashboard, this machine"),
        ("api:192.0.2.7", "dashboard, 192.0.2.7"),
        ("token:ci", "token ci"),
        ("user:ann@example.org", "user ann@example.org"),
        ("cli:ann", "ann, command line"),
        ("socket", "admin socket, this machine"),
        ("rollout", "the rollout, by itself"),
        ("unknown", "nobody known"),
    ],
)
def test_an_author_is_written_for_people(raw: str, words: str) -> None:
    """What the journal has, as somebody would say it."""
    assert author(raw) == words


@given(st.text())
def test_no_author_is_lost(raw: str) -> None:
    """Whoever it is, something of the name is left; what is not known stays as it is."""
    assert author(raw) or not raw
    assert author(f"other:{raw}") == f"other:{raw}"
    assert raw in author(f"token:{raw}")


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("taken back: api:127.0.0.1 aborted it", "taken back: dashboard, this machine, aborted it"),
        ("api:::1 paused it: calm", "dashboard, this machine, paused it: calm"),
        ("token:ci: x", "token ci: x"),
        ("cli:ann.", "ann, command line."),
        ("latency p99: 3 of 9 (http://x/y)", "latency p99: 3 of 9 (http://x/y)"),
    ],
)
def test_a_sentence_names_authors_as_a_list_does(sentence: str, words: str) -> None:
    """What the journal keeps in words has names as the journal has them."""
    assert spoken(sentence) == words


def test_what_was_done_is_written_for_people() -> None:
    """An edited file is one thing, not an action and an author that say the same."""
    assert deed("set-weight") == "weights set"
    assert deed("something new") == "something new"
    assert done_by("file", "file") == "edited in routing.yaml"
    assert done_by("rollback", "token:ci") == "rolled back by token ci"
