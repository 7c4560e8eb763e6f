"""What the rollback part makes of the books."""

from __future__ import annotations

from array import array

import pytest

from benchmarks.admin import Refused
from benchmarks.generator import Books
from benchmarks.rollback import canary_answers, require_canary_before


def test_only_the_canarys_answers_count() -> None:
    """The moments of other versions say nothing of a rollback."""
    books = Books(sent=3, began=array("q", [30, 10, 20]), versions=[b"canary", b"canary", b"blue"])
    assert canary_answers(books) == [10, 30]


def test_a_rollback_of_a_canary_without_traffic_proves_nothing() -> None:
    """Every measured rollback must have had something to stop."""
    require_canary_before([1_000_000_000], [950_000_000])
    with pytest.raises(Refused, match="rollback 2"):
        require_canary_before([1_000_000_000, 2_000_000_000], [950_000_000])
