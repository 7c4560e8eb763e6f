"""A journal's verdicts and decisions derived again, and where they come out otherwise.

The journal is only read, so it may be one that is in use, or a copy from another machine.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from gateway.errors import GatewayError
from gateway.rollout.record import recorded
from gateway.rollout.replay import Difference, differences

SHOWN = 20
LONGEST = 200


@dataclass(frozen=True, slots=True)
class Replayed:
    """How much was derived again, of which rollouts, and what came out otherwise."""

    verdicts: int
    decisions: int
    rollouts: tuple[int, ...]
    differences: tuple[Difference, ...]


def replayed(path: Path, rollout: int | None = None) -> Replayed:
    """Derive a journal again; raises GatewayError where there is none, or nothing of that rollout in it."""
    with _read_only(path) as connection:
        tables = connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'decisions'")
        rows = list(_looked_at(connection, rollout)) if tables.fetchone()[0] else []
    if rollout is not None and not rows:
        raise GatewayError(f"{path} has no verdict of rollout {rollout}; without --rollout all are derived")
    return Replayed(
        verdicts=len(rows),
        decisions=sum(has_decision for _, has_decision, _ in rows),
        rollouts=tuple(sorted({number for number, _, _ in rows})),
        differences=tuple(difference for _, _, unlike in rows for difference in unlike),
    )


def _looked_at(
    connection: sqlite3.Connection, rollout: int | None
) -> Iterator[tuple[int, bool, tuple[Difference, ...]]]:
    for row in recorded(connection, rollout):
        yield row.rollout, bool(row.event), tuple(differences(row))


@contextmanager
def _read_only(path: Path) -> Iterator[sqlite3.Connection]:
    if not path.is_file():
        raise GatewayError(f"{path}: there is no journal; say where it is with --journal or --state-dir")
    connection = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=5.0)
    try:
        yield connection
    finally:
        connection.close()


def in_words(found: Replayed) -> list[str]:
    """Return the lines to print."""
    counted = f"{_many(found.verdicts, 'verdict')} and {_many(found.decisions, 'decision')}"
    of = f"{counted} of {_many(len(found.rollouts), 'rollout')}"
    if not found.verdicts:
        return ["no verdict has been recorded yet, so there is nothing to derive again"]
    if not found.differences:
        return [f"{of} derived again: all the same, bit for bit"]
    lines = [_line(difference) for difference in found.differences[:SHOWN]]
    if (more := len(found.differences) - SHOWN) > 0:
        lines.append(f"and {more} more; see: gateway replay --json")
    return [f"{of} derived again: {_many(len(found.differences), 'difference')}", *lines]


def _line(found: Difference) -> str:
    where = f"rollout {found.rollout}, record {found.seq}: {found.what}"
    return f"{where}: recorded {_cut(found.recorded)}, derived {_cut(found.derived) or 'nothing'}"


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
