"""The control of an experiment: a service asked directly meanwhile, which shows what the machine costs.

On a machine that does other work an answer may take tens of milliseconds whoever gives it. So a bound on
latency is either the one asked for, or a multiple of what going direct took in the same seconds.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from benchmarks.chaos.behaviour import Behaviour
from benchmarks.chaos.load import Kind, Load, p99_ms
from benchmarks.chaos.site import Replica

_RATE = 100.0
_TIMES = 3.0
"""Through the gateway two processes have to get their turn on a core before the client does."""


@asynccontextmanager
async def control() -> AsyncIterator[Load]:
    """Ask a service of its own a hundred times a second until the block ends."""
    replica = Replica(Behaviour("control"))
    try:
        replica.start()
        async with Load(replica.port, ()) as load:
            load.open(Kind(rate=_RATE))
            yield load
    finally:
        replica.kill()


def bound_ms(wanted: float, direct: Load) -> float:
    """Return the bound asked for, or a multiple of the p99 of going direct where that is more; both in ms."""
    return round(max(wanted, _TIMES * p99_ms(direct.seen)), 1)
