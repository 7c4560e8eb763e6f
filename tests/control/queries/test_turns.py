"""Whose turn it is."""

from __future__ import annotations

import asyncio

import pytest

from gateway.control.problems import Refusal
from gateway.control.queries.turns import Turns


async def test_a_turn_is_free_again_whatever_ends_it() -> None:
    """Also an error, or a client that leaves while it has one or while it waits for one."""
    turns = Turns(1, 1, 5.0)

    async def failing() -> None:
        async with turns.turn():
            raise ValueError("a mistake")

    with pytest.raises(ValueError, match="a mistake"):
        await failing()
    async with turns.turn():
        waiting = asyncio.create_task(failing())
        await asyncio.sleep(0)
        with pytest.raises(Refusal, match="1 more wait"):
            await failing()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    with pytest.raises(ValueError, match="a mistake"):
        await failing()


async def test_nobody_waits_for_ever() -> None:
    """Then it is to come again."""
    turns = Turns(1, 1, 0.01)
    async with turns.turn():
        with pytest.raises(Refusal, match=r"within 0\.01 s") as refused:
            await turns.turn().__aenter__()
    assert (refused.value.status, refused.value.headers) == (429, {"retry-after": "2"})
