"""What two versions did, second by second."""

from __future__ import annotations

import numpy as np

from benchmarks.prove.counted import Counted, first, joined

TWO = Counted(np.array([1, 2]), np.array([9, 8]), np.array([[0], [1]]), np.array([[2], [0]]))


def test_stretches_are_put_together_and_cut() -> None:
    """Joined and cut again, they are what they were."""
    both = joined([TWO, TWO])
    assert both.seconds == 4
    assert both.stable_bad.tolist() == [[2], [0], [2], [0]]
    again = first(both, 2)
    assert (again.canary.tolist(), again.canary_bad.tolist()) == ([1, 2], [[0], [1]])
    assert again.stable.tolist() == [9, 8]


def test_requests_are_those_of_both_versions() -> None:
    """Up to the end of a second; what never happened stays unknown."""
    assert [TWO.requests_until(second) for second in (0, 1, 2, None)] == [0, 10, 20, None]
