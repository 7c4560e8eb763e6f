"""Detectors that others use, each over many streams of labels at a time.

Page-Hinkley and DDM with the settings that libraries ship (river, MOA); both look at every label. The
Shiryaev-Roberts e-detector of Shin, Ramdas & Rinaldo is told the rate before the change, which nobody knows,
and its threshold keeps false alarms of a stream at 5 % at most. The last is what dashboards do.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from benchmarks.detectors.streams import A_DAY, USUAL, Streams

Alarms = NDArray[np.int64]
"""Per stream the number of labels after which it first alarms, 0: never."""
_WARM_UP = 30


def page_hinkley(streams: Streams, delta: float = 0.005, threshold: float = 50.0) -> Alarms:
    """Alarm when the sum of what exceeds the mean so far has risen by `threshold` from its least value."""
    count, width = streams.shape
    mean, total, least = np.zeros(count), np.zeros(count), np.zeros(count)
    found = np.zeros(count, np.int64)
    for place in range(width):
        loss = streams[:, place]
        mean += (loss - mean) / (place + 1)
        total = total * 0.9999 + loss - mean - delta
        np.minimum(least, total, out=least)
        if place >= _WARM_UP:
            found[(found == 0) & (total - least > threshold)] = place + 1
    return found


def ddm(streams: Streams) -> Alarms:
    """Alarm when rate plus deviation exceeds its least value by three deviations (Gama and others, 2004)."""
    count, width = streams.shape
    rate = np.zeros(count)
    least_rate, least_deviation = np.ones(count), np.ones(count)
    found = np.zeros(count, np.int64)
    for place in range(width):
        rate += (streams[:, place] - rate) / (place + 1)
        if place < _WARM_UP:
            continue
        deviation = np.sqrt(rate * (1 - rate) / (place + 1))
        lower = rate + deviation < least_rate + least_deviation
        least_rate = np.where(lower, rate, least_rate)
        least_deviation = np.where(lower, deviation, least_deviation)
        found[(found == 0) & (rate + deviation > least_rate + 3 * least_deviation)] = place + 1
    return found


def shiryaev_roberts(streams: Streams, before: float = 0.1, alpha: float = 0.05) -> Alarms:
    """Alarm when the sum over starts of likelihood ratios against the known rate `before` is improbable."""
    count, width = streams.shape
    rates = before * np.array([1.25, 1.5, 2.0, 3.0])
    gains = np.stack([(1 - rates) / (1 - before), rates / before])
    sums = np.zeros((count, len(rates)))
    found = np.zeros(count, np.int64)
    for place in range(width):
        sums = np.minimum((sums + 1) * gains[streams[:, place].astype(np.int64)], 1e200)
        found[(found == 0) & (sums.mean(axis=1) >= width / alpha)] = place + 1
    return found


def dashboard(streams: Streams, day: int = A_DAY, learn: int = 28, times: float = 1.2) -> Alarms:
    """Alarm when the mean of seven days is 1.2 times that of the first four weeks."""
    means = streams.reshape(len(streams), -1, day).mean(axis=2)
    weeks = np.lib.stride_tricks.sliding_window_view(means, 7, axis=1).mean(axis=2)
    over = weeks[:, learn:] > times * means[:, :learn].mean(axis=1, keepdims=True)
    return np.where(over.any(axis=1), (over.argmax(axis=1) + learn + 7) * day, 0)


RIVALS: dict[str, Callable[[Streams], Alarms]] = {
    "Shiryaev–Roberts e-detector, told the rate before": shiryaev_roberts,
    "Page–Hinkley, as shipped": page_hinkley,
    "DDM": ddm,
}
OF_DAYS: dict[str, Callable[[Streams], Alarms]] = {
    "Shiryaev–Roberts e-detector, told the rate before": partial(shiryaev_roberts, before=USUAL),
    "Page–Hinkley, as shipped": page_hinkley,
    "DDM": ddm,
    "7 days 20 % above the first month": dashboard,
}
