"""The highest that a figure was."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import chain, repeat

import pytest

from benchmarks.chaos.highest import Highest


def test_a_peak_is_remembered() -> None:
    """Though the figure is low before and after."""
    figures, read = chain((1, 5), repeat(2)), asyncio.Event()

    def next_figure() -> int:
        figure = next(figures)
        if figure == 2:
            read.set()
        return figure

    async def watch() -> int:
        async with Highest(next_figure) as highest:
            await asyncio.wait_for(read.wait(), 60)
        return highest.value

    assert asyncio.run(watch()) == 5


def test_a_figure_that_cannot_be_read_is_not_passed_over() -> None:
    """The row could not be measured then."""

    def read() -> Iterator[int]:
        yield 1
        raise OSError("gone")

    figures = read()

    async def watch() -> None:
        async with Highest(lambda: next(figures)):
            await asyncio.sleep(0.05)

    with pytest.raises(OSError, match="gone"):
        asyncio.run(watch())
