"""How much each row of the table of faults does."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """How much each row does. `seconds` is the length of a usual stretch of load."""

    seconds: float
    idle: int
    slow_heads: int
    tunnels: int
    weight_changes: int
    reloads: int
    swaps: int
    readers: int
    storm: int  # requests of the retry storm


FULL = Scale(
    seconds=3.0,
    idle=10_000,
    slow_heads=2_000,
    tunnels=100,
    weight_changes=200,
    reloads=20,
    swaps=5,
    readers=8,
    storm=5_000,
)
QUICK = Scale(
    seconds=1.0,
    idle=1_000,
    slow_heads=200,
    tunnels=20,
    weight_changes=20,
    reloads=2,
    swaps=1,
    readers=2,
    storm=1_000,
)
