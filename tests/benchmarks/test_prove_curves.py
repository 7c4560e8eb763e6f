"""The pictures of the page."""

from __future__ import annotations

from xml.etree import ElementTree

from benchmarks.prove.cases import SAME
from benchmarks.prove.curves import detection, evidence, false_rollbacks
from benchmarks.prove.ladder import RUNGS
from benchmarks.prove.scenarios import Found, Row

FOUND = (Found("fail", 500, (None, 30_000, 200)), Found("none", 100_000, (90_000, 30_000, None)))


def _lines(picture: str) -> list[str]:
    root = ElementTree.fromstring(picture)
    return [line.attrib["points"] for line in root.iter("{http://www.w3.org/2000/svg}polyline")]


def test_false_rollbacks_rise_with_the_looks() -> None:
    """A curve for each judge; none ever falls (y points down)."""
    lines = _lines(false_rollbacks(Row(SAME[0], FOUND)))
    assert len(lines) == 4
    for line in lines:
        heights = [float(point.split(",")[1]) for point in line.split()]
        assert heights == sorted(heights, reverse=True)


def test_what_is_never_found_has_no_point() -> None:
    """At each rung the median of those who found it."""
    ours, argo, *_ = _lines(detection([(rung, FOUND[:1]) for rung in RUNGS[:3]]))
    assert len(ours.split()) == 3
    assert argo == ""


def test_the_evidence_of_twelve_runs_is_drawn() -> None:
    """Three of each of four kinds, the same with the same seed."""
    picture = evidence(1)
    assert len(_lines(picture)) == 12
    assert picture == evidence(1)
