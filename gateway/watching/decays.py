"""Whether versions have grown worse: labels by the day of their prediction, told to the detector in order.

A day is judged once labels of a later day have come; labels of it that come after that count for the next
day to be judged. Two losses are followed, surprise (the Brier score less what the probabilities themselves
expect) and 1 - AUC, for numbers the absolute error alone; their evidence is averaged, which keeps the bound
on false alarms. Why these: docs/detectors.md.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from gateway.statistics.decay import Decay, restored, step, together
from gateway.watching import store
from gateway.watching.quality import auc
from gateway.watching.summary import Truths

Key = tuple[str, str, str]
"""route, version, model."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How much speaks for decay (1 is enough), from how many labels, since when (seconds since 1970)."""

    evidence: float
    n: int
    since: float | None
    baseline: float | None
    recent: float | None
    loss: str

    def sentence(self) -> str:
        """Say which loss has grown most, since when and by how much; empty where that is not known."""
        if self.since is None or self.baseline is None or self.recent is None:
            return ""
        day = datetime.fromtimestamp(self.since, UTC).date().isoformat()
        return f"{self.loss} is {self.recent:.3g} on average since {day}, it was {self.baseline:.3g} at first"


def losses(truths: Truths) -> dict[str, tuple[float, int]]:
    """Return the mean of each loss, and of how many labels; nothing where there is no truth."""
    found: dict[str, tuple[float, int]] = {}
    if truths.scored > 0:
        found["surprise"] = ((truths.brier - truths.expected) / truths.scored, truths.scored)
        ranking = auc(truths)
        if ranking is not None:
            found["1 - auc"] = (1 - ranking, truths.scored)
    elif truths.classes > 0:
        found["error rate"] = (1 - truths.right / truths.classes, truths.classes)
    if truths.numbers > 0:
        found["absolute error"] = (truths.absolute / truths.numbers, truths.numbers)
    return found


def follow(connection: sqlite3.Connection) -> None:
    """Tell the detectors of every day that is complete; in the transaction in which its labels came."""
    known = store.states(connection, "decay")
    changed: dict[tuple[str, ...], Any] = {}
    for route in _routes(connection):
        for (version, model), days in store.window(connection, "days", route, 0, 2**62).items():
            key = (route, version, model)
            state = known.get(key, {"n": 0, "losses": {}})
            for start, truths in days[:-1]:
                state = _stepped(state, truths, start)
                store.remove(connection, "days", route, version, model, start)
                changed[key] = state
    store.set_states(connection, "decay", changed)


def _routes(connection: sqlite3.Connection) -> list[str]:
    rows = connection.execute("SELECT DISTINCT route FROM summaries WHERE kind = 'days' ORDER BY 1")
    return [row[0] for row in rows]


def _stepped(state: dict[str, Any], truths: Truths, start: int) -> dict[str, Any]:
    kept = dict(state["losses"])
    for name, (mean, n) in losses(truths).items():
        before = restored(kept[name]) if name in kept else Decay()
        kept[name] = asdict(step(before, mean, n, start / 1e6))
    return {"n": state["n"] + max(truths.n, 0), "losses": kept}


def verdicts(connection: sqlite3.Connection) -> Iterator[tuple[Key, Verdict]]:
    """Yield what the detectors say of each version, where they have judged anything."""
    for key, state in store.states(connection, "decay").items():
        found = {name: restored(document) for name, document in state["losses"].items()}
        judged = {name: decay for name, decay in found.items() if decay.bets}
        if judged:
            name = max(judged, key=lambda name: judged[name].evidence)
            worst = judged[name]
            evidence = together([decay.evidence for decay in judged.values()])
            route, version, model = key
            yield (
                (route, version, model),
                Verdict(evidence, state["n"], worst.since, worst.baseline, worst.recent, name),
            )
