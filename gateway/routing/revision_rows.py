"""The journal as the table `revisions` of queries: who changed what, when and why."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from gateway.routing.difference import difference
from gateway.routing.journal import latest, opened

REVISIONS = 1_000
"""The latest ones, which `revisions` shows; what each changed has to be worked out."""


def revision_rows(path: Path) -> Iterator[tuple[int, float, str, str, str]]:
    """Yield number, time (seconds since 1970), author, reason and change of each, the newest first."""
    with opened(path) as connection:
        found = latest(connection, REVISIONS + 1)
    for position, one in enumerate(found[:REVISIONS]):
        before = found[position + 1].plan if position + 1 < len(found) else None
        what = "; ".join(difference(before, one.plan))
        yield one.revision, one.at, one.author, one.reason, what or one.action
