"""The page of faults."""

from __future__ import annotations

import json

from benchmarks.chaos.page import document, lines, page
from benchmarks.chaos.row import Figure, Outcome, Reached, Row, Scale


async def _never(scale: Scale) -> Reached:
    raise AssertionError(scale)


MISSED = Outcome(
    Row("cut", "RST | in the middle", "0 failed", _never),
    Reached(1200, 2, (Figure("failed", 2, most=0),), ("2 × status 502",)),
    3.0,
)
ABSENT = Outcome(Row("worker", "a worker killed", "0 failed", _never), None, 1.5, "OSError: no memory")


def test_a_line_has_every_cell() -> None:
    """Why a row could not be measured stands where its figures would."""
    assert lines([MISSED, ABSENT]) == [
        ("RST | in the middle", "1,200", "2", "0 failed", "failed 2 (≤ 0, missed)", "missed"),
        ("a worker killed", "–", "–", "0 failed", "OSError: no memory", "not measured"),
    ]


def test_the_page_says_what_failed_and_on_what_it_was_measured() -> None:
    """Bars within a cell are escaped, or the table would have one column more."""
    text = page([MISSED, ABSENT], {"kernel": "Linux 6.1"})
    assert "| RST \\| in the middle | 1,200 | 2 |" in text
    assert "- RST | in the middle: 2 × status 502" in text
    assert "- kernel: Linux 6.1" in text
    assert "took 4 s" in text  # 4.5 s, rounded to even


def test_the_document_is_plain_json() -> None:
    """Every figure keeps its value and its bounds."""
    found = json.loads(json.dumps(document([MISSED, ABSENT], {"kernel": "Linux 6.1"})))
    cut, worker = found["rows"]
    assert cut["figures"] == [{"what": "failed", "value": 2, "unit": "", "most": 0, "least": None}]
    assert (worker["verdict"], worker["problem"]) == ("not measured", "OSError: no memory")
