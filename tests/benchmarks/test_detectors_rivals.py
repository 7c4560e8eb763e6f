"""The rivals alarm when they should, over many streams at a time as over each alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.random import default_rng

from benchmarks.detectors.rivals import OF_DAYS, RIVALS, Alarms, dashboard
from benchmarks.detectors.streams import Streams


def streams(length: int, change: int) -> Streams:
    """Draw streams that are wrong in a tenth of the cases and from a change on in half of them."""
    rates = np.where(np.arange(length) < change, 0.1, 0.5)
    return default_rng(4).random((5, length)) < rates


@pytest.mark.parametrize("rival", RIVALS.values(), ids=RIVALS)
def test_a_large_change_is_found_soon(rival: Callable[[Streams], Alarms]) -> None:
    """Within some hundred labels of the change, in most streams not before."""
    found = rival(streams(4000, 2000))
    assert (found > 0).all()
    assert np.median(found) > 2000
    assert (found < 3000).all()


@pytest.mark.parametrize("rival", RIVALS.values(), ids=RIVALS)
def test_streams_do_not_know_each_other(rival: Callable[[Streams], Alarms]) -> None:
    """Each is judged as if it were alone."""
    together = streams(1500, 500)
    assert [int(rival(one[None])[0]) for one in together] == rival(together).tolist()


def test_nothing_is_found_where_nothing_is_wrong() -> None:
    """Streams without any loss alarm nobody."""
    for rival in OF_DAYS.values():
        assert not rival(np.zeros((2, 40 * 200), np.bool_)).any()


def test_a_dashboard_compares_weeks_with_the_first_month() -> None:
    """The alarm comes at the end of the first seven days whose mean is 1.2 times as high."""
    means = np.array([0.5] * 28 + [0.5] * 7 + [1.0] * 7)
    labels = (np.arange(10) < 10 * means[:, None]).reshape(1, -1)
    assert dashboard(labels, day=10).tolist() == [37 * 10]
