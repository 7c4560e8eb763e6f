"""The control: what the machine itself costs."""

from __future__ import annotations

import asyncio

from benchmarks.chaos.client import Ask, Seen
from benchmarks.chaos.control import bound_ms, control
from benchmarks.chaos.load import Load, failed


def _load(took: float) -> Load:
    load = Load(1, ())
    load.seen.append(Seen(Ask(), "t1", 0, took, 200, "", ""))
    return load


def test_the_bound_is_the_one_asked_for_on_a_quiet_machine() -> None:
    """And three times what going direct took on any other."""
    assert bound_ms(5, _load(0.001)) == 5
    assert bound_ms(5, _load(0.020)) == 60


def test_a_service_of_its_own_is_asked_meanwhile() -> None:
    """Without the gateway, and without failing."""

    async def ask() -> Load:
        async with control() as direct:
            await direct.until(5)
        return direct

    assert failed(asyncio.run(ask()).seen) == []
