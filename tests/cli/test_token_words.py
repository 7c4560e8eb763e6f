"""What people write where a token and its life are meant."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from gateway.cli.common import WrongUsage
from gateway.cli.token_words import USUAL_LIFE, id_of, life
from gateway.control.access.token_store import TokenStore
from gateway.control.access.tokens import Grant
from gateway.errors import GatewayError


def test_a_life_is_a_duration_or_never() -> None:
    """Thirty days where nothing is said; what is neither is told, with what to write."""
    assert life(USUAL_LIFE) == 30 * 86_400
    assert life("12h") == 43_200
    assert life("never") is None
    for wrong, told in (("", "write a duration"), ("soon", "or never"), ("99999d", "write never for")):
        with pytest.raises(WrongUsage, match=told):
            life(wrong)


def test_an_id_comes_before_a_name(tmp_path: Path) -> None:
    """Even where somebody named a token like another one's id."""
    store, now = TokenStore(tmp_path / "access.db"), time.time()
    bob, _ = store.create("bob", Grant("viewer"), "cli:ann")
    other, _ = store.create(bob.id, Grant("viewer"), "cli:ann")
    assert id_of(store, bob.id, now) == id_of(store, "bob", now) == bob.id
    assert id_of(store, other.id, now) == other.id
    with pytest.raises(GatewayError, match=r"^there is no token eve; see: gateway token list$"):
        id_of(store, "eve", now)


def test_a_name_that_several_have_had_does_not_tell_which(tmp_path: Path) -> None:
    """Their ids are said; the one in force is meant where there is one."""
    clock = [0.0]
    store = TokenStore(tmp_path / "access.db", lambda: clock[0])
    first, _ = store.create("bob", Grant("viewer", expires=10.0), "cli:ann")
    clock[0] = 20.0
    second, _ = store.create("bob", Grant("viewer", expires=30.0), "cli:ann")
    assert id_of(store, "bob", 25.0) == second.id
    with pytest.raises(GatewayError, match="several tokens are named bob") as caught:
        id_of(store, "bob", 5.0)
    with pytest.raises(GatewayError, match="no token bob is in force any more") as ended:
        id_of(store, "bob", 40.0)
    assert all(token.id in str(caught.value) and token.id in str(ended.value) for token in (first, second))
