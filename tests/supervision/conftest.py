"""For the supervisor's tests: workers start at once, and a process has all the time a busy machine needs."""

from __future__ import annotations

import pytest

from gateway.supervision import reload, starting, supervisor
from tests.waiting import BOUND


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "WORKERS_WAIT", -1.0)


@pytest.fixture(autouse=True)
def _patiently(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reload, "READY_WITHIN", BOUND)
    monkeypatch.setattr(starting, "READY_WAIT", BOUND)
