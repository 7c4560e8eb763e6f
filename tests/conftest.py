"""For all tests: nothing of theirs stays behind in memory."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.routing import places


@pytest.fixture(scope="session", autouse=True)
def _memory() -> Iterator[None]:
    """Keep what gateways in this process put into memory in one folder, and remove it at the end."""
    with pytest.MonkeyPatch.context() as patch:
        if places._MEMORY.is_dir():
            folder = Path(tempfile.mkdtemp(prefix="t", dir=places._MEMORY))
            patch.setattr(places, "_MEMORY", folder)
            yield
            shutil.rmtree(folder)
        else:
            yield
