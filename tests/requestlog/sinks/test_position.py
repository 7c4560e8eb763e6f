"""A position is on disk as a whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.errors import GatewayError
from gateway.requestlog.sinks.position import Position, load, store

PLACE = Position("0000000000000000007", 120, 3, sent=9, refused=1, lost=2, vanished=1)


def test_a_position_comes_back(tmp_path: Path) -> None:
    """The folder is made where there is none, and nothing else is left in it."""
    path = tmp_path / "sinks" / "lake.json"
    store(path, Position())
    store(path, PLACE)
    assert load(path) == PLACE
    assert [each.name for each in path.parent.iterdir()] == ["lake.json"]


def test_without_a_file_it_is_the_very_begin(tmp_path: Path) -> None:
    """A sink that is new has been nowhere."""
    assert load(tmp_path / "lake.json") == Position()


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"segment": 3}'])
def test_a_damaged_file_is_told_of(text: str, tmp_path: Path) -> None:
    """With its path."""
    path = tmp_path / "lake.json"
    path.write_text(text)
    with pytest.raises(GatewayError, match=r"lake\.json"):
        load(path)
