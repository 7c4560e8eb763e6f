"""Whether a test that lacks something is skipped or fails."""

from __future__ import annotations

import pytest

from tests.missing import missing


def test_what_is_missing_fails_in_ci_and_skips_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both say why."""
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="no wrk"):
        missing("no wrk")
    monkeypatch.delenv("CI")
    with pytest.raises(pytest.skip.Exception, match="no wrk"):
        missing("no wrk")
