"""What values are compared with: for each field its bins, frozen for good, and how many it had in them.

A field is a `number`, a `category`, a `probability` or a `flag`. Numbers and probabilities have `edges`:
bin i holds what lies above i of them. Categories have a bin each, in their order, and one more for all
others; flags have one for false and one for true.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import blake2b
from math import inf
from typing import Any, Literal

Scale = Literal["number", "category", "probability", "flag"]
BINS = 10
MOST_CATEGORIES = 100
MOST_FIELDS = 200
LEAST_COUNT, LEAST_SHARE = 5, 0.01
"""How often a value must be among the first ones to become a category: a name or an address is not written
down for good, where no `forget` would find it, because somebody happened to come early."""


@dataclass(frozen=True, slots=True)
class Binning:
    """How the values of one field are counted; `counts` are the reference's, empty: it has none.

    `low` and `high` are the range that the model declares, `is_closed`: its categories are all there are.
    `threshold` is from what probability on a prediction is positive; `missing` the reference's share without.
    The reference is of so many `days` (0: nobody knows), `clumping` is how alike values of one day are in it.
    """

    name: str
    scale: Scale
    edges: tuple[float, ...] = ()
    categories: tuple[str, ...] = ()
    counts: tuple[int, ...] = ()
    low: float = -inf
    high: float = inf
    is_closed: bool = False
    threshold: float = 0.5
    missing: float = 0.0
    days: int = 0
    clumping: float = 0.0

    @property
    def size(self) -> int:
        """How many bins there are."""
        if self.scale == "category":
            return len(self.categories) + 1
        return 2 if self.scale == "flag" else len(self.edges) + 1


@dataclass(frozen=True, slots=True)
class Basis:
    """The bins of one model's inputs and outputs: of `training`, or of the `first` values that were seen."""

    source: Literal["training", "first"]
    inputs: tuple[Binning, ...] = ()
    outputs: tuple[Binning, ...] = ()

    def binning(self, name: str) -> Binning | None:
        """Return the bins of a field, or None; an output where an input has the same name."""
        return next((it for it in (*self.outputs, *self.inputs) if it.name == name), None)


def digest(model: str, basis: Basis) -> str:
    """Return a short name for a model with its bins: counts in other bins have another one."""
    return blake2b(f"{model}\0{to_json(basis)}".encode(), digest_size=8).hexdigest()


def to_json(basis: Basis) -> str:
    """Return bins as JSON."""
    return json.dumps(asdict(basis), separators=(",", ":"))


def from_json(text: str) -> Basis:
    """Return the bins that `to_json` wrote."""
    document = json.loads(text)
    return Basis(document["source"], _binnings(document["inputs"]), _binnings(document["outputs"]))


def _binnings(documents: Iterable[Mapping[str, Any]]) -> tuple[Binning, ...]:
    return tuple(Binning(**_frozen(document)) for document in documents)


def _frozen(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(it) if isinstance(it, list) else it for name, it in document.items()}


def from_values(name: str, values: Sequence[str | None], *, is_output: bool) -> Binning | None:
    """Return bins for a field of which the first values are these, as text; None where all are missing."""
    found = [value for value in values if value is not None]
    if not found:
        return None
    if set(found) <= {"true", "false"}:
        return Binning(name, "flag", counts=(found.count("false"), found.count("true")))
    numbers = [number for number in map(_number, found) if number is not None]
    if len(numbers) < 0.9 * len(found):
        return _category(name, found)
    edges = deciles(numbers)
    counts = [0] * (len(edges) + 1)
    for number in numbers:
        counts[bisect_left(edges, number)] += 1
    is_share = is_output and min(numbers) >= 0 and max(numbers) <= 1 and len(set(numbers)) > 2
    return Binning(name, "probability" if is_share else "number", edges, counts=tuple(counts))


def _category(name: str, found: Sequence[str]) -> Binning:
    often = Counter(found)
    least = max(LEAST_COUNT, LEAST_SHARE * len(found))
    frequent = [value for value, count in often.items() if count >= least]
    ranked = sorted(frequent, key=lambda value: (-often[value], value))[:MOST_CATEGORIES]
    counts = [often[value] for value in ranked]
    return Binning(name, "category", categories=tuple(ranked), counts=(*counts, len(found) - sum(counts)))


def deciles(numbers: Iterable[float]) -> tuple[float, ...]:
    """Return the ends of ten bins of equal counts; fewer where values are often the same."""
    ordered = sorted(numbers)
    cuts = (ordered[len(ordered) * part // BINS] for part in range(1, BINS))
    return tuple(sorted({cut for cut in cuts if cut < ordered[-1]}))


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if abs(number) < inf else None
