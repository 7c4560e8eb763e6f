"""Fixtures of the entrance."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.control.access.entrance import Entrance, at


@pytest.fixture
def entrance(tmp_path: Path) -> Entrance:
    """An entrance that asks who comes."""
    return at(tmp_path)
