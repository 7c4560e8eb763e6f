"""What is asked in these measurements: small GETs, and flights to predict; no two heads are alike."""

from __future__ import annotations

import json
import random
from pathlib import Path

from benchmarks import heads
from benchmarks.rollouts import users

POOL = 20_000
SMALL, INFER = "small GET", "inference POST"
KINDS = (SMALL, INFER)
SMALL_PATH = "/v2/models/late/ready"
_JSON = ("content-type: application/json",)
_OUTPUTS = (
    {"name": "late_probability", "datatype": "FP64", "shape": [1], "data": [0.1873645120935271]},
    {"name": "late", "datatype": "BOOL", "shape": [1], "data": [False]},
)
SMALL_ANSWER = '{"ready":true}'
ANSWER = json.dumps(
    {
        "model_name": "late",
        "model_version": "v1",
        "id": "5f0c7c0e6d4b4d0f",
        "outputs": _OUTPUTS,
        "parameters": {"threshold": 0.5, "trained": "2013-01 to 2013-02"},
    }
)
"""A prediction of about 300 bytes."""


def pool(kind: str, seed: int = 1, size: int = POOL) -> list[bytes]:
    """Return so many distinct requests of a kind."""
    dice = random.Random(seed)
    if kind == SMALL:
        return [heads.asking(dice, "GET", SMALL_PATH) for _ in range(size)]
    bodies = users.bodies(seed)
    return [heads.asking(dice, "POST", users.PATH, dice.choice(bodies), _JSON) for _ in range(size)]


def write_pools(folder: Path, seed: int = 1) -> dict[str, Path]:
    """Write the requests of each kind into files that wrk's scripts read."""
    return {kind: heads.write_pool(pool(kind, seed), folder / kind.replace(" ", "-")) for kind in KINDS}
