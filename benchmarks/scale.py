"""How long the benchmark takes: two sizes, so that every part knows its own share."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """How often and how long each part measures."""

    rounds: int  # of CPU time
    seconds: int  # of one contender in one round of CPU time
    protocol_rounds: int  # of one second for each contender: TLS, bodies, streams, WebSockets
    latency_rounds: int  # of one second for each contender: many short ones outvote the machine's other work
    rollbacks: int
    weight_changes: int
    saves: int
    connections: int
    routes: int
    is_full: bool


FULL = Scale(
    rounds=7,
    seconds=2,
    protocol_rounds=5,
    latency_rounds=11,
    rollbacks=20,
    weight_changes=200,
    saves=20,
    connections=5_000,
    routes=10_000,
    is_full=True,
)
QUICK = Scale(
    rounds=2,
    seconds=1,
    protocol_rounds=2,
    latency_rounds=3,
    rollbacks=5,
    weight_changes=20,
    saves=3,
    connections=1_000,
    routes=10_000,
    is_full=False,
)
