"""The plans that were live."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from gateway.routing import journal
from gateway.whatif import journalled
from gateway.whatif.journalled import Journalled
from tests.whatif.logged import places_with
from tests.whatif.test_resplit import plan_of


def test_a_plan_is_found_by_its_revision(tmp_path: Path) -> None:
    """What is no longer kept is None, and is said to be missing; only some plans are held at a time."""
    plans = [replace(plan_of({"blue": 1}), revision=number) for number in range(3, 3 + 100)]
    places = places_with(tmp_path, *plans)
    with journal.opened(places.journal) as connection:
        found = Journalled(connection)
        for plan in plans:
            known = found.get(plan.revision)
            assert known is not None
            assert known.revision == plan.revision
        assert (found.get(1), found.get(2), found.get(3) is not None) == (None, None, True)
        assert found.missing == {1, 2}
        assert len(found._plans) <= journalled.REMEMBERED
