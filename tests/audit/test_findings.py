"""What was found is told with its place, and very much of it is counted."""

from __future__ import annotations

from gateway.audit.findings import SHOWN, Found, Verified


def test_a_finding_says_where() -> None:
    """File and line where there is one, and the entry unless it is a head."""
    assert str(Found(7, "trail", 3, "was changed")) == "trail:3: entry 7 was changed"
    assert str(Found(0, "heads", 0, "nothing is signed")) == "heads: nothing is signed"


def test_very_many_are_counted() -> None:
    """None makes it clean."""
    found = Verified()
    assert found.is_clean
    for n in range(SHOWN + 3):
        found.add(Found(n, "trail", n, "was changed"))
    assert (len(found.problems), found.more, found.is_clean) == (SHOWN, 3, False)
