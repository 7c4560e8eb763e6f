"""Which recorded requests are looked at."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.requestlog.lake import connect
from gateway.requestlog.places import LogPlaces
from gateway.whatif import recorded
from gateway.whatif.recorded import Asked, find, in_sample, stream
from tests.requestlog.lake_log import gap, record, sealed_segment, segment
from tests.whatif.logged import divided, now_us
from tests.whatif.test_resplit import plan_of

PLAN = plan_of({"blue": 90, "canary": 10})


def test_requests_are_counted_by_what_can_be_said_of_them(tmp_path: Path) -> None:
    """Divided, without a route or a path, refused before; sealed ones and open ones alike."""
    places = LogPlaces(tmp_path)
    old = divided(PLAN, 3, ts=now_us() - 7_200_000_000)
    lost: dict[str, Any] = {
        "gap": {"worker": 0, "from": now_us(), "to": now_us(), "records": 4, "reason": "full"}
    }
    sealed_segment(places, 0, [*old, gap(2)])
    turned_away = record(1, ts=now_us(), status=429, outcome="refused")
    no_route = record(2, ts=now_us(), route=None, status=404, path="/x")
    no_path = record(3, ts=now_us(), route=None, status=404, path="")
    segment(places, 5, [*divided(PLAN, 5, seed=2), turned_away, no_route, no_path, lost])
    with connect(places) as lake:
        found = find(lake, Asked(3600.0))
        assert (found.divisible, found.turned_away, found.pathless, found.dropped) == (6, 1, 1, 4)
        assert (found.routes, found.revisions) == ({"late": 5, "": 1}, frozenset({("late", 1)}))
        assert found.first <= found.last <= now_us() / 1e6
        assert find(lake, Asked(None)).divisible == 9
        assert find(lake, Asked(None)).dropped == 6
        assert find(lake, Asked(3600.0, "late")).divisible == 5
        assert find(lake, Asked(3600.0, "none")).divisible == 0
        streamed = list(stream(lake, Asked(3600.0), 1.0))
    assert sorted(one.chosen for one in streamed)[0] == ""
    assert len(streamed) == 6


def test_too_many_are_sampled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the id, so the same requests each time, and the shares of versions stay what they are."""
    monkeypatch.setattr(recorded, "MOST", 1000)
    places = LogPlaces(tmp_path)
    segment(places, 0, divided(PLAN, 4000))
    with connect(places) as lake:
        found = find(lake, Asked())
        assert found.share == 0.25
        taken = list(stream(lake, Asked(), found.share))
        assert taken == list(stream(lake, Asked(), found.share))
    assert len(taken) == pytest.approx(1000, abs=120)
    assert sum(one.chosen == "canary" for one in taken) / len(taken) == pytest.approx(0.1, abs=0.04)


@given(st.floats(0.01, 0.99), st.integers(0, 100))
def test_a_sample_does_not_depend_on_what_else_ids_decide(share: float, seed: int) -> None:
    """Neither on the draw, nor on the digits by which a route's `sample` keeps some."""
    below = in_sample(share).rpartition("'")[0].rpartition("'")[2]
    dice = random.Random(seed)
    middle = f"{dice.getrandbits(32):08x}"
    verdicts = {
        f"{dice.getrandbits(64):016x}{middle}{dice.getrandbits(32):08x}{tail}"[16:24] < below
        for tail in ("00000000", "ffffffff")
    }
    assert verdicts == {middle < below}
    assert int(below, 16) / 16**8 == pytest.approx(share, abs=1e-6)
