"""The stage of the data plane's tests, with a service that records."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.corpus.recorder import Recorder
from tests.proxy.conftest import pytest_pyfunc_call
from tests.proxy.stage import Gateway, Stage

__all__ = ["pytest_pyfunc_call", "stage"]


class CorpusStage(Stage):
    """Also makes recorders."""

    async def recorded(self) -> tuple[Gateway, Recorder]:
        """Start a recorder and a gateway in front of it."""
        recorder = Recorder()
        await recorder.listen()
        self._open.append(recorder)
        gateway = await self.gateway(blue=f"http://127.0.0.1:{recorder.port}")
        return gateway, recorder


@pytest.fixture
def stage(tmp_path: Path) -> CorpusStage:
    """The stage of one test."""
    return CorpusStage(tmp_path)
