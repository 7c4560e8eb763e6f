"""For tests of rollouts: a step may be passed at once, unless a test says otherwise."""

from __future__ import annotations

import pytest

from gateway.routing import rollouts


@pytest.fixture(autouse=True)
def _nothing_is_overdue(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spare tests the seconds in which a version that never answers would not be noticed yet."""
    monkeypatch.setattr(rollouts, "LEAST_OVERDUE", -2.0)
    monkeypatch.setattr(rollouts, "MOST_OVERDUE", -2.0)
