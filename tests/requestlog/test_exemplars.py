"""Exemplars: the latest trace of each octave of latency, whose ends are those of /metrics."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gateway.control.metrics.buckets import OCTAVES
from gateway.requestlog.exemplars import FIRST, LAST, Exemplars
from gateway.requestlog.frame import read_frame, read_shared
from gateway.statistics.histogram import bucket_of, upper_bound
from tests.requestlog.frames import frame


def seen(*frames: dict[str, Any]) -> Exemplars:
    """Return exemplars of these frames."""
    exemplars = Exemplars()
    for changed in frames:
        found = read_frame(frame(**changed))
        shared = read_shared(found.shared)
        exemplars.see(found, shared.route, shared.version)
    return exemplars


def test_the_latest_of_an_octave_is_told() -> None:
    """By route, version and octave; seconds, and when it ended."""
    found = seen(
        {"latency": 1000, "trace": b"a" * 16, "ended": 1_000_000},
        {"latency": 900, "trace": b"b" * 16, "ended": 2_000_000},
        {"latency": 1024, "trace": b"c" * 16, "ended": 3_000_000},
    )
    assert found.document() == {
        "flights": {
            "v2": {"10": ["62" * 16, 0.0009, 2.0], "11": ["63" * 16, 0.001024, 3.0]},
        }
    }


def test_in_the_outermost_octaves_the_latest_counts_as_well() -> None:
    """Several powers of two share them."""
    found = seen(
        {"latency": 50, "trace": b"a" * 16, "ended": 2_000_000},
        {"latency": 3, "trace": b"b" * 16, "ended": 1_000_000},
    ).document()
    assert found == {"flights": {"v2": {str(FIRST): ["61" * 16, 0.00005, 2.0]}}}


def test_without_trace_or_version_there_is_none() -> None:
    """A request that nobody answered is in no histogram of a version."""
    assert seen({"trace": bytes(16)}, {"version": b""}).document() == {}


def test_a_route_that_is_gone_is_forgotten() -> None:
    """Names do not pile up over a long life."""
    found = seen({"route": b"a"}, {"route": b"b"})
    found.forget({b"b"})
    assert list(found.document()) == ["b"]


@given(st.integers(0, 2**32 - 1))
def test_octaves_are_the_buckets_of_metrics(latency: int) -> None:
    """An exemplar stands at the first bound of the exposition that lies above it."""
    (octave,) = seen({"latency": latency}).document()["flights"]["v2"]
    bounds = [upper_bound(bucket) for bucket in OCTAVES if bucket >= bucket_of(latency)]
    assert int(octave) == (bounds[0].bit_length() - 1 if bounds else LAST)
