"""The judges of others."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.prove.counted import Counted
from benchmarks.prove.rivals import ARGO, FLAGGER, peeked_z, peeked_z_path


def _steady(seconds: int, bad: int, stable_bad: int = 0) -> Counted:
    """One hundred requests a second to either version, so many of them bad."""
    full = np.full(seconds, 100)
    return Counted(full, full, np.full((seconds, 1), bad), np.full((seconds, 1), stable_bad))


def test_flagger_rolls_back_at_its_fifth_failed_minute() -> None:
    """At 2 % errors every check fails; at 1 % none does, whatever stable does."""
    assert FLAGGER.rollback(_steady(1_000, 2)) == 300
    assert FLAGGER.rollback(_steady(1_000, 1)) is None


def test_argo_rolls_back_at_its_third_failed_five_minutes() -> None:
    """5 % is just enough for it, and an unfinished window does not count."""
    assert ARGO.rollback(_steady(1_000, 6)) == 900
    assert ARGO.rollback(_steady(899, 6)) is None
    assert ARGO.rollback(_steady(2_000, 5)) is None


def test_windows_without_requests_fail_nobody() -> None:
    """What nobody asked cannot have failed."""
    nothing = Counted(*[np.zeros(600, np.int64)] * 2, *[np.zeros((600, 1), np.int64)] * 2)
    assert FLAGGER.rollback(nothing) is None
    assert peeked_z(nothing) is None


def test_z_is_that_of_two_rates() -> None:
    """By hand: 30 of 1,000 against 10 of 1,000."""
    found = peeked_z_path(_steady(10, 3, 1))[-1]
    pooled = 40 / 2_000
    assert found == pytest.approx(0.02 / (pooled * (1 - pooled) * 2 / 1_000) ** 0.5)


def test_z_waits_for_five_bad_events() -> None:
    """Four would make a normal approximation a joke."""
    assert peeked_z(_steady(4, 1)) is None
    assert peeked_z(_steady(9, 1)) == 5
