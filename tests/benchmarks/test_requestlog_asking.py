"""What the measurements of the request log ask."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.heads import SEPARATOR
from benchmarks.requestlog.asking import ANSWER, INFER, KINDS, SMALL, pool, write_pools
from gateway.requestlog.tensors import values_in


@pytest.mark.parametrize("kind", KINDS)
def test_no_two_requests_are_alike(kind: str) -> None:
    """And the same seed makes the same ones."""
    found = pool(kind, 1, 300)
    assert len(set(found)) == 300
    assert pool(kind, 1, 300) == found


def test_a_flight_has_a_kilobyte_and_its_answer_a_third() -> None:
    """Both are Open Inference JSON."""
    bodies = [one.partition(b"\r\n\r\n")[2] for one in pool(INFER, 1, 100)]
    assert 900 < sum(map(len, bodies)) / 100 < 1100
    assert all(values_in(one) for one in bodies)
    assert values_in(ANSWER.encode()) is not None
    assert 250 < len(json.dumps(json.loads(ANSWER))) < 420


def test_pools_are_written_for_wrk(tmp_path: Path) -> None:
    """One file for each kind, none of whose requests holds the sign between them."""
    found = write_pools(tmp_path)
    assert {kind: path.read_bytes().count(SEPARATOR) + 1 for kind, path in found.items()} == {
        SMALL: 20_000,
        INFER: 20_000,
    }
