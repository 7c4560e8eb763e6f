"""A gateway that could be started: a fair file and a fresh state directory."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.assemble.options import UpOptions
from tests.assemble.routing_file import ROUTING


@pytest.fixture
def options(tmp_path: Path) -> Iterator[UpOptions]:
    """Options for a fresh state directory and a fair file."""
    (tmp_path / "routing.yaml").write_text(ROUTING)
    made = UpOptions(tmp_path / "routing.yaml", tmp_path / "state", workers=1)
    yield made
    run = made.state / "run"
    if run.exists():
        shutil.rmtree(run.resolve())
