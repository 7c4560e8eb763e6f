"""Recorded predictions as arrays: inputs as the model takes them, what was answered by whom, the truth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from gateway.errors import GatewayError
from gateway.requestlog.formats import identifier
from gateway.requestlog.lake import Lake
from gateway.requestlog.predictions_schema import BASE
from gateway.requestlog.views import columns_of
from gateway.serving.model_spec import ModelSpec
from gateway.whatif.answers import Answers
from gateway.whatif.inputs import Reasons, altered, rows_of
from gateway.whatif.recorded import BATCH, Asked, in_sample
from gateway.whatif.resplit import Plans

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ANSWERED = "status BETWEEN 200 AND 299"
_FIXED = 4
"""Columns before the answer and the inputs: id, row, version, revision."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The names of columns in the log: what was answered (empty: not there), and each input."""

    probability: str
    verdict: str
    inputs: tuple[str, ...]


@dataclass(slots=True)
class Rows:
    """Recorded predictions, one row each.

    They are those that the model can be given. `keys` are id and row, `versions` who answered. Of all the
    rows `seen`, `reasons` says why some are not among them; `unanswered` are those without an answer.
    """

    keys: list[tuple[str, int]] = field(default_factory=list)
    versions: list[str] = field(default_factory=list)
    p: list[float] = field(default_factory=list)
    yes: list[bool] = field(default_factory=list)
    blocks: list[NDArray[np.float64]] = field(default_factory=list)
    reasons: Reasons = field(default_factory=Counter)
    seen: int = 0
    unanswered: int = 0

    @property
    def matrix(self) -> NDArray[np.float64]:
        """The inputs, a row for each prediction."""
        return np.concatenate(self.blocks) if self.blocks else np.empty((0, 0))

    @property
    def answers(self) -> Answers:
        """What was answered."""
        return Answers(np.array(self.p, dtype=np.float64), np.array(self.yes, dtype=np.bool_))

    @property
    def requests(self) -> NDArray[np.intp]:
        """The number of each row's request, from 0."""
        known: dict[str, int] = {}
        return np.array([known.setdefault(key, len(known)) for key, _ in self.keys], dtype=np.intp)


def columns_for(lake: Lake, spec: ModelSpec) -> Columns:
    """Return where the log has what a model takes and answers; raises GatewayError where it has no answer."""
    known = columns_of(lake.connection, "predictions")
    taken = {one.name.casefold() for one in spec.inputs}
    found = {o.datatype: _output(o.name, taken) for o in reversed(spec.outputs)}
    probability, verdict = (
        name if (name := found.get(kind, "")) in known else "" for kind in ("FP64", "BOOL")
    )
    if not probability and not verdict:
        outputs = ", ".join(one.name for one in spec.outputs)
        raise GatewayError(
            f"no answer in the log has an output of this model ({outputs}), so there is nothing to compare; "
            'see what is recorded: gateway query "DESCRIBE predictions"'
        )
    return Columns(probability, verdict, tuple(_input(one.name, known) for one in spec.inputs))


def _output(name: str, inputs: set[str]) -> str:
    return f"{name}_out" if name.casefold() in BASE or name.casefold() in inputs else name


def _input(name: str, known: Mapping[str, str]) -> str:
    found = f"{name}_in" if name.casefold() in BASE else name
    return found if found in known else ""


def count(lake: Lake, asked: Asked) -> dict[str, int]:
    """Return how many predictions were answered, by route."""
    found = lake.execute(
        f"SELECT route, count(*) FROM predictions WHERE {asked.where()} AND {_ANSWERED} "  # noqa: S608
        "AND route IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1",
        asked.parameters() or None,
    )
    return dict(found.fetchall())


def read(
    lake: Lake, asked: Asked, share: float, columns: Columns, spec: ModelSpec, plans: Plans, threshold: float
) -> Rows:
    """Return the answered predictions of a route, or a share; `threshold` makes a class of a probability."""
    rows = Rows()
    filters: dict[int, dict[str, str]] = {}
    for batch in _batches(lake, asked, share, columns):
        rows.seen += len(batch)
        for row in batch:
            if row[3] not in filters:
                filters[row[3]] = _altered(plans, row[3], asked.route, spec)
        changed = [filters[row[3]] for row in batch]
        values = [row[_FIXED + 2 :] for row in batch]
        found = rows_of(spec.inputs, values, changed, rows.reasons)
        taken = [
            numbers
            for row, numbers in zip(batch, found, strict=True)
            if _take(rows, row, numbers, threshold) and numbers is not None
        ]
        if taken:
            rows.blocks.append(np.array(taken, dtype=np.float64))
    return rows


def _batches(lake: Lake, asked: Asked, share: float, columns: Columns) -> Iterator[Sequence[tuple[Any, ...]]]:
    named = [columns.probability, columns.verdict, *columns.inputs]
    told = ", ".join(identifier(name) if name else "NULL" for name in named)
    sampled = f" AND {in_sample(share)}" if share < 1 else ""
    answer = lake.execute(
        f"SELECT id, row, version, revision, {told} FROM predictions "  # noqa: S608 - names are quoted
        f"WHERE {asked.where()} AND {_ANSWERED}{sampled}",
        asked.parameters() or None,
    )
    while batch := answer.fetchmany(BATCH):
        yield batch


def _altered(plans: Plans, revision: int, route: str, spec: ModelSpec) -> dict[str, str]:
    plan = plans.get(revision)
    found = plan.route(route) if plan is not None else None
    return altered(found.log.filter, spec.inputs) if found is not None and found.log is not None else {}


def _take(rows: Rows, row: tuple[Any, ...], numbers: list[float] | None, threshold: float) -> bool:
    """Note who answered a row and what; return whether it can be compared."""
    p, yes = row[_FIXED], row[_FIXED + 1]
    p = float(p) if isinstance(p, int | float) and not isinstance(p, bool) and 0 <= p <= 1 else None
    if not isinstance(yes, bool):
        yes = None if p is None else p >= threshold
    if yes is None:
        rows.unanswered += 1
    elif numbers is not None:
        rows.keys.append((row[0], row[1]))
        rows.versions.append(row[2] or "")
        rows.p.append(float("nan") if p is None else p)
        rows.yes.append(yes)
        return True
    return False


def truths(lake: Lake, asked: Asked, share: float) -> dict[tuple[str, int], float]:
    """Return the truth of predictions, by id and row."""
    sampled = f" AND {in_sample(share)}" if share < 1 else ""
    answer = lake.execute(
        f"SELECT id, row, value FROM labelled WHERE {asked.where()} AND value IS NOT NULL{sampled}",  # noqa: S608
        asked.parameters() or None,
    )
    found: dict[tuple[str, int], float] = {}
    while batch := answer.fetchmany(BATCH):
        found.update({(row[0], row[1]): row[2] for row in batch})
    return found


def seconds_recorded(lake: Lake, asked: Asked) -> list[tuple[str, int, float, float]]:
    """Return by version how many answered requests there are, and the median and 99 % of their service_ms."""
    return lake.execute(
        "SELECT version, count(*), quantile_cont(service_ms, 0.5), quantile_cont(service_ms, 0.99) "  # noqa: S608
        f"FROM requests WHERE {asked.where()} AND {_ANSWERED} AND service_ms IS NOT NULL "
        "GROUP BY 1 ORDER BY 2 DESC",
        asked.parameters() or None,
    ).fetchall()
