"""For all tests.

Nothing stays behind in memory, Ctrl-C means the same however they are run, and Hypothesis has no deadline.
"""

from __future__ import annotations

import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from gateway.routing import run_directory

settings.register_profile("busy machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy machine")  # an example may take longer than 200 ms: it proves no less


@pytest.fixture(scope="session", autouse=True)
def _memory() -> Iterator[None]:
    """Keep what gateways in this process put into memory in one folder, and remove it at the end."""
    with pytest.MonkeyPatch.context() as patch:
        if run_directory._MEMORY.is_dir():
            folder = Path(tempfile.mkdtemp(prefix="t", dir=run_directory._MEMORY))
            patch.setattr(run_directory, "_MEMORY", folder)
            yield
            shutil.rmtree(folder)
        else:
            yield


@pytest.fixture(scope="session", autouse=True)
def _interruptible() -> None:
    """Let Ctrl-C reach what tests start: a script that runs them in the background has it ignored by all."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="module", autouse=True)
def _emptied(_memory: None) -> Iterator[None]:
    """Empty that folder after each module, for a gigabyte of rings would pile up otherwise."""
    yield
    if run_directory._MEMORY.name.startswith("t") and run_directory._MEMORY.is_dir():
        for left in run_directory._MEMORY.iterdir():
            shutil.rmtree(left, ignore_errors=True)
