"""Recorded inputs given to another version of a model, from a gateway's files to the report."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gateway.errors import GatewayError
from gateway.requestlog.lake import Lake, connect
from gateway.requestlog.policy import LabelPolicy
from gateway.routing import journal
from gateway.routing.places import Places
from gateway.routing.plan import RoutingPlan
from gateway.serving.load import Model, load_model
from gateway.whatif.answers import Answers
from gateway.whatif.journalled import Journalled
from gateway.whatif.model_report import Compared, model_report
from gateway.whatif.predictions import columns_for, count, read, seconds_recorded, truths
from gateway.whatif.recorded import Asked

if TYPE_CHECKING:
    from numpy.typing import NDArray

BATCH = 1000
"""Rows given to the model at once, as many as a request may have."""
ALONE = 200
"""Rows that are given to it one by one, to see how long that takes."""


def against_model(places: Places, folder: Path, asked: Asked, limit: int) -> dict[str, Any]:
    """Return the report; raises GatewayError where nothing can be compared or the model cannot be loaded."""
    model = load_model(folder)
    with journal.opened(places.journal) as connection:
        head = journal.head(connection)
        live = head.plan if head else None
        plans = Journalled(connection)
        policies = {r.name: r.log.labels for r in live.routes if r.log} if live else {}
        with connect(places.log, policies=policies) as lake:
            asked, recorded = _route(lake, asked, live)
            compared = _compared(
                lake, model, asked, min(1.0, limit / recorded), plans, policies.get(asked.route)
            )
            report = model_report(model.spec, compared, sorted(plans.missing))
    return {"model": str(folder), "route": asked.route, "recorded": recorded, **report}


def _route(lake: Lake, asked: Asked, live: RoutingPlan | None) -> tuple[Asked, int]:
    """Settle which route is meant; raises GatewayError where none has predictions, or several do."""
    counted = count(lake, asked)
    if len(counted) == 1:
        [(route, found)] = counted.items()
        return replace(asked, route=route), found
    if counted:
        raise GatewayError(
            f"several routes have predictions: {', '.join(list(counted)[:20])}; "
            "say which is meant with --route NAME"
        )
    of = f" of route {asked.route}" if asked.route else ""
    names = [route.name for route in live.routes] if live else []
    if asked.route and names and asked.route not in names:
        raise GatewayError(f"there is no route {asked.route}; there is {', '.join(names[:20])}")
    raise GatewayError(
        f"no prediction{of} is recorded in this time: look further back with --since 30d, and see that the "
        "route logs bodies (`log` in routing.yaml)"
    )


def _compared(
    lake: Lake, model: Model, asked: Asked, share: float, plans: Journalled, policy: LabelPolicy | None
) -> Compared:
    threshold = (policy or LabelPolicy()).threshold
    rows = read(lake, asked, share, columns_for(lake, model.spec), model.spec, plans, threshold)
    answers, batch_ms = _asked_here(model, rows.matrix, threshold)
    known = truths(lake, asked, share) if answers else {}
    return Compared(
        rows=rows,
        answers=answers,
        truth=np.array([known.get(key, np.nan) for key in rows.keys], dtype=np.float64),
        share=share,
        batch_ms=batch_ms,
        alone_ms=_alone_ms(model, rows.matrix),
        recorded_ms=seconds_recorded(lake, asked),
    )


def _asked_here(model: Model, matrix: NDArray[np.float64], threshold: float) -> tuple[Answers, float]:
    """Return what the model answers, and milliseconds for each row."""
    began = time.perf_counter()
    outputs = [model.predict(matrix[at : at + BATCH]) for at in range(0, len(matrix), BATCH)]
    elapsed = time.perf_counter() - began
    named = {o.datatype: o.name for o in reversed(model.spec.outputs)}
    p, yes = (
        np.concatenate([out[named[kind]] for out in outputs]) if kind in named and outputs else None
        for kind in ("FP64", "BOOL")
    )
    if yes is None:
        yes = p >= threshold if p is not None else np.empty(0, dtype=np.bool_)
    if p is None:
        p = np.full(len(yes), np.nan)
    return Answers(p, yes), elapsed * 1000 / max(len(matrix), 1)


def _alone_ms(model: Model, matrix: NDArray[np.float64]) -> list[float]:
    """Return the milliseconds that single rows take."""
    found = []
    for at in range(min(ALONE, len(matrix))):
        began = time.perf_counter()
        model.predict(matrix[at : at + 1])
        found.append((time.perf_counter() - began) * 1000)
    return found
