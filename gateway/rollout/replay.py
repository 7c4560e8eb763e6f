"""Derives every recorded verdict and decision again, from what it was made from, and compares bit for bit.

A difference means that a row was changed by somebody, or that this version of the gateway judges otherwise
than the one that wrote it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from gateway.rollout.decide import decide
from gateway.rollout.documents import to_document
from gateway.rollout.judge import judge
from gateway.rollout.ports import Decided
from gateway.rollout.record import Recorded, recorded, replayed

__all__ = ["Difference", "replay", "replayed"]


@dataclass(frozen=True, slots=True)
class Difference:
    """What is not as it was recorded, at the first place of a verdict or a decision where it is not.

    `what` is that place, such as `verdict.metrics[0].worse`; `recorded` and `derived` are JSON, or a sentence
    where there is no such thing.
    """

    rollout: int
    seq: int
    what: str
    recorded: str
    derived: str


def replay(connection: sqlite3.Connection, rollout: int | None = None) -> list[Difference]:
    """Return what comes out otherwise now than it was recorded, of one rollout or of all."""
    return [difference for row in recorded(connection, rollout) for difference in differences(row)]


def differences(row: Recorded) -> Iterator[Difference]:
    """Yield at most one difference of the verdict and one of the decision, or that the row is unreadable."""
    try:
        found = row.decided()
    except ValueError as error:
        yield Difference(row.rollout, row.seq, "row", f"cannot be read: {error}", "")
        return
    derivations: tuple[tuple[str, object, Callable[[Decided], object]], ...] = (
        ("verdict", found.verdict, _verdict),
        # From the verdict as recorded: a difference there is no difference here.
        ("decision", found.decision, _decision),
    )
    for what, written, derive in derivations:
        try:
            derived = derive(found)
        except Exception as error:  # whatever it is that a row brings about, the other rows are looked at
            sentence = f"cannot be derived: {type(error).__name__}: {error}"
            yield Difference(row.rollout, row.seq, what, _told(to_document(written)), sentence)
            continue
        for place, one, other in _unlike(what, to_document(written), to_document(derived)):
            yield Difference(row.rollout, row.seq, place, _told(one), _told(other))
            break


def _verdict(found: Decided) -> object:
    return judge(found.judge, found.progress, found.evidence, found.external)


def _decision(found: Decided) -> object:
    return decide(found.progress, found.rollout_spec, found.verdict, found.situation, found.evidence)


def _unlike(place: str, one: Any, other: Any) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        for key in one:
            yield from _unlike(f"{place}.{key}", one[key], other[key])
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, (mine, yours) in enumerate(zip(one, other, strict=True)):
            yield from _unlike(f"{place}[{index}]", mine, yours)
    elif _told(one) != _told(other):  # as text, where 1 is not 1.0 and 0.0 not -0.0
        yield place, one, other


def _told(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False)
