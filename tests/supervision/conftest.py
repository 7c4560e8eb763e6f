"""For the supervisor's tests: workers start at once, unless a test is about their waiting."""

from __future__ import annotations

import pytest

from gateway.supervision import supervisor


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "WORKERS_WAIT", -1.0)
