"""Reference histograms: what a model's inputs and outputs looked like when it was trained.

Drift is measured against these, so that training data need not be kept where a model is served. They come
with model.yaml and are part of the model's description, but not of what a client is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Reference:
    """Counts of one input or output: per category, or per bin of numbers.

    Bin i holds what lies above `edges[i - 1]` and at or below `edges[i]`; the first and the last are open.
    `n` rows were counted, of which the share `missing` had no value. They are of so many `days` (0: nobody
    knows), and `clumping` is how alike the values of one day are: their intraclass correlation, 0 to 1.
    """

    counts: tuple[int, ...]
    n: int
    missing: float = 0.0
    edges: tuple[float, ...] = ()
    categories: tuple[str, ...] = ()
    days: int = 0
    clumping: float = 0.0


@dataclass(frozen=True, slots=True)
class References:
    """The references by name: inputs as in training, outputs as on held-out data; empty where unknown."""

    inputs: Mapping[str, Reference] = field(default_factory=dict)
    outputs: Mapping[str, Reference] = field(default_factory=dict)
