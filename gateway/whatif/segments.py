"""Where two versions disagree: by each category of an input, and by quarters of each number.

Of many small segments some differ by chance. A segment is told only where it has enough rows and disagrees by
more than three standard errors beyond the rows outside it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gateway.serving.model_spec import InputSpec

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

LEAST_ROWS = 30
ERRORS = 3.0
"""Standard errors beyond the others; by chance one segment of about 700 is."""
_QUARTERS = (0.25, 0.5, 0.75)


@dataclass(frozen=True, slots=True)
class Segment:
    """The rows in which `input` is `value`, and how far two versions differ there.

    `absolute` is the mean size of the difference, `mean` the mean difference. `others` is the mean size in
    all other rows, None where there are none; `stands_out` tells whether this one is clearly beyond it.
    """

    input: str
    value: str
    rows: int
    absolute: float
    mean: float
    others: float | None
    stands_out: bool


def segments(inputs: Sequence[InputSpec], matrix: Floats, difference: Floats) -> list[Segment]:
    """Return every segment that has rows, those that disagree most first.

    `matrix` has a column for each input, categories as their codes; `difference` is by row.
    """
    size = np.abs(difference)
    found = [
        _segment(spec.name, value, chosen, size, difference)
        for spec, column in zip(inputs, matrix.T, strict=True)
        for value, chosen in _parts(spec, column)
    ]
    return sorted(found, key=lambda one: (-one.absolute, one.input, one.value))


def standing_out(found: Sequence[Segment]) -> list[Segment]:
    """Return those that clearly disagree more than the rest, in the same order."""
    return [segment for segment in found if segment.stands_out]


def _parts(spec: InputSpec, column: Floats) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    if not len(column):
        return
    if spec.categories:
        codes = column.astype(np.intp)
        for code in np.unique(codes).tolist():
            yield spec.categories[code], codes == code
        return
    edges = np.unique(np.quantile(column, _QUARTERS, method="lower"))
    places = np.searchsorted(edges, column, side="left")
    for place in np.unique(places).tolist():
        yield _named(column[places == place]), places == place


def _named(values: Floats) -> str:
    low, high = float(values.min()), float(values.max())
    return f"{low:.6g}" if low == high else f"{low:.6g} to {high:.6g}"


def _segment(name: str, value: str, chosen: NDArray[np.bool_], size: Floats, difference: Floats) -> Segment:
    inside, outside = size[chosen], size[~chosen]
    rows, mean = len(inside), float(inside.mean())
    others = float(outside.mean()) if len(outside) else None
    stands_out = False
    if others is not None and min(rows, len(outside)) >= LEAST_ROWS:
        error = math.sqrt(float(inside.var()) / rows + float(outside.var()) / len(outside))
        stands_out = mean - others > max(ERRORS * error, _NOTHING)
    return Segment(name, value, rows, mean, float(difference[chosen].mean()), others, stands_out)


_NOTHING = 1e-12
