"""A sink says in one sentence how it stands, and what was lost."""

from __future__ import annotations

import pytest

from gateway.requestlog.sinks.standing import Standing


@pytest.mark.parametrize(
    ("standing", "says"),
    [
        (Standing("lake", "directory", "idle"), "sink lake: up to date"),
        (
            Standing("lake", "directory", "sending", 1200, 600_000, 12.4),
            "sink lake: 1,200 records (0.6 MB) wait on disk, the oldest for 12 s",
        ),
        (
            Standing("bus", "kafka", "down", 5, 1_000_000, down_for=61.0, next_try=8.2, error="no broker"),
            "sink bus: down for 61 s: no broker; 5 records (1.0 MB) wait on disk, next try in 8 s",
        ),
        (
            Standing("bus", "kafka", "idle", refused=3, lost=1000, vanished=2, error="answered 422"),
            "sink bus: up to date; answered 422; 3 refused by the target, see bus.refused.ndjson; "
            "1,000 given up or gone before they were sent; 2 segments gone before anybody counted them",
        ),
    ],
)
def test_the_sentence_says_what_matters(standing: Standing, says: str) -> None:
    """And the document carries it beside the numbers."""
    assert standing.sentence() == says
    assert standing.document()["says"] == says
    assert standing.document()["name"] == standing.name
