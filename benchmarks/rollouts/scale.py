"""How much each measured rollout does."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """How much each row does; `rate` in requests a second, `patience` in seconds until a verdict."""

    rate: float
    patience: float
    kills: int
    runs: int


FULL = Scale(rate=400.0, patience=60.0, kills=100, runs=8)
QUICK = Scale(rate=400.0, patience=60.0, kills=12, runs=4)
