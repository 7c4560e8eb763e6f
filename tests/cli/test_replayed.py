"""A journal derived again: the same, or where not; it is never changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gateway.cli.replayed import SHOWN, Replayed, in_words, replayed
from gateway.errors import GatewayError
from gateway.rollout.replay import Difference
from gateway.routing import journal
from tests.cli.records import decided, write

NO_DIFFERENCE = Replayed(3, 1, (2, 5), ())


def test_what_was_recorded_is_derived_again(tmp_path: Path) -> None:
    """Verdicts are counted, decisions among them, by rollout if asked for."""
    path = tmp_path / "journal.db"
    write(path, decided(2), decided(2, bad=200), decided(5))
    assert replayed(path) == NO_DIFFERENCE
    assert replayed(path, 5) == Replayed(1, 0, (5,), ())


def test_what_was_tampered_with_is_found(tmp_path: Path) -> None:
    """At the first place that differs."""
    path, honest = tmp_path / "journal.db", decided(2, bad=200)
    write(path, replace(honest, verdict=replace(honest.verdict, alpha=0.2)))
    (found,) = replayed(path).differences
    assert (found.rollout, found.what, found.recorded) == (2, "verdict.alpha", "0.2")
    lines = in_words(replayed(path))
    assert lines[0] == "1 verdict and 1 decision of 1 rollout derived again: 1 difference"
    assert lines[1] == "rollout 2, record 1: verdict.alpha: recorded 0.2, derived 0.05"


def test_the_journal_is_only_read(tmp_path: Path) -> None:
    """Not even a table is added; a copy without write permission will do."""
    path = tmp_path / "journal.db"
    with journal.opened(path):
        pass
    before = path.read_bytes()
    path.chmod(0o400)
    assert replayed(path) == Replayed(0, 0, (), ())
    assert path.read_bytes() == before


def test_where_there_is_nothing_to_derive_it_says_so(tmp_path: Path) -> None:
    """A journal that is not there is not made."""
    path = tmp_path / "journal.db"
    with pytest.raises(GatewayError, match="there is no journal; say where it is with --journal"):
        replayed(path)
    assert not path.exists()
    write(path, decided(2))
    with pytest.raises(GatewayError, match="has no verdict of rollout 7"):
        replayed(path, 7)


def test_it_is_told_in_words() -> None:
    """With as many differences as a person reads."""
    assert in_words(NO_DIFFERENCE) == [
        "3 verdicts and 1 decision of 2 rollouts derived again: all the same, bit for bit"
    ]
    assert in_words(Replayed(0, 0, (), ()))[0].startswith("no verdict has been recorded yet")
    many = tuple(Difference(2, n, "row", "x" * 500, "") for n in range(SHOWN + 3))
    lines = in_words(Replayed(30, 0, (2,), many))
    assert lines[-1] == "and 3 more; see: gateway replay --json"
    assert lines[1].endswith("x…, derived nothing")
    assert max(map(len, lines)) < 300
