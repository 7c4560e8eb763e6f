"""What one look finds is added up by bucket."""

from __future__ import annotations

from gateway.watching.harvests import Harvest
from gateway.watching.store import Place
from gateway.watching.summary import Answers


def test_two_finds_of_one_bucket_are_one() -> None:
    """Whichever version of the code found them."""
    place = Place("answers", "late", "v1", "", 0, 60)
    found = Harvest()
    found.add(place, Answers(1, {"ok": 1}))
    found.add(place, Answers(2, {"ok": 2}))
    assert found.summaries == {place: Answers(3, {"ok": 3})}
