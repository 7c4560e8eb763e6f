"""The page about strictness counts what was refused."""

from __future__ import annotations

from collections import Counter

from benchmarks.strictness_report import GROUPS, page
from tests.corpus.cases import requests


def test_every_group_has_cases() -> None:
    """A renamed case would silently move to the rest."""
    sizes = Counter(GROUPS.of(case) for case in requests())
    assert set(sizes) == {*GROUPS.hostile(), GROUPS.fair}
    assert min(sizes.values()) >= 20


def test_the_table_sums_up_and_names_what_was_missed() -> None:
    """One row for a server; what is missing says why."""
    counts = Counter({("framing", "refused"): 3, ("chunks", "open"): 1, ("chunks", "let through"): 2})
    counts["fair", "intact"] = 5
    text = page([("one", counts, ("chunk-a",))], {"two": "not there"}, requests())
    (row,) = [line for line in text.splitlines() if line.startswith("| one ")]
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[1].startswith("**3** of ")
    assert cells[2:4] == ["2", "1"]
    assert cells[-1].startswith("5 of ")
    assert "- two was not there to be asked: not there" in text
    assert "- **one**: chunk-a" in text
