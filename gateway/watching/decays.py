"""Whether versions have grown worse: labels by the day of their prediction, told to the detector in order.

A day is judged once labels of a later day have come; labels of it that come after that count for the next
day to be judged. So its verdict holds from that later day on, and whoever looks at a moment that has passed,
as a replay does, sees the verdict of that moment. Two losses are followed, surprise (the Brier score less
what the probabilities themselves expect) and 1 - AUC, for numbers the absolute error alone; their evidence
is averaged, which keeps the bound on false alarms. Why these: docs/detectors.md.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from gateway.statistics.decay import Decay, restored, step, together
from gateway.watching import store
from gateway.watching.quality import auc
from gateway.watching.summary import Truths

Key = tuple[str, str, str]
"""route, version, model."""
MOST_TOLD = 1_000
"""Verdicts that are kept for moments which were not looked at yet."""


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
            state = known.get(key, {"n": 0, "losses": {}, "told": []})
            for (start, truths), (following, _) in pairwise(days):
                state = _stepped(state, truths, start, following)
                store.remove(connection, "days", route, version, model, start)
                changed[key] = state
    store.set_states(connection, "decay", changed)


def _routes(connection: sqlite3.Connection) -> list[str]:
    rows = connection.execute("SELECT DISTINCT route FROM summaries WHERE kind = 'days' ORDER BY 1")
    return [row[0] for row in rows]


def _stepped(state: dict[str, Any], truths: Truths, start: int, following: int) -> dict[str, Any]:
    kept = dict(state["losses"])
    for name, (mean, n) in losses(truths).items():
        before = restored(kept[name]) if name in kept else Decay()
        kept[name] = asdict(step(before, mean, n, start / 1e6))
    n = state["n"] + max(truths.n, 0)
    verdict = _verdict({name: restored(document) for name, document in kept.items()}, n)
    told = state["told"]
    if verdict is not None:
        after = max(following, told[-1]["after"]) if told else following
        told = [*told, {"after": after, **asdict(verdict)}][-MOST_TOLD:]
    return {"n": n, "losses": kept, "told": told}


def _verdict(found: dict[str, Decay], n: int) -> Verdict | None:
    judged = {name: decay for name, decay in found.items() if decay.bets}
    if not judged:
        return None
    name = max(judged, key=lambda name: judged[name].evidence)
    worst = judged[name]
    evidence = together([decay.evidence for decay in judged.values()])
    return Verdict(evidence, n, worst.since, worst.baseline, worst.recent, name)


def verdicts(connection: sqlite3.Connection, moment: int) -> Iterator[tuple[Key, Verdict]]:
    """Yield what the detectors said of each version at a moment (µs), where they had judged anything."""
    for (route, version, model), state in store.states(connection, "decay").items():
        by_then = [told for told in state["told"] if told["after"] < moment]
        if by_then:
            found = {name: value for name, value in by_then[-1].items() if name != "after"}
            yield (route, version, model), Verdict(**found)


def forget(connection: sqlite3.Connection, route: str, moment: int) -> None:
    """Forget the verdicts of a route that nobody needs any more who looks at moments after this one (µs)."""
    changed: dict[tuple[str, ...], Any] = {}
    for key, state in store.states(connection, "decay").items():
        past = sum(told["after"] < moment for told in state["told"])
        if key[0] == route and past > 1:
            changed[key] = {**state, "told": state["told"][past - 1 :]}
    store.set_states(connection, "decay", changed)
