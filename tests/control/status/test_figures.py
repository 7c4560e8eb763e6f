"""The arithmetic of status, from values alone."""

from __future__ import annotations

import pytest

from gateway.control.status import figures
from gateway.monitoring.tally import FALLBACK, LIMITS, OK, OUTCOMES, REFUSED, SERVER_ERROR, TIMEOUT, Count
from gateway.monitoring.tally_layout import OCTAVES
from gateway.statistics.histogram import BUCKETS, bucket_of


def count(
    since: int = 1, seconds: float = 10.0, route: str = "late", service: str = "blue", **numbers: int
) -> Count:
    """A count in which everything happened in the recent window, at a millisecond each."""
    outcomes = [numbers.get(name, 0) for name in OUTCOMES]
    histogram = [0] * BUCKETS
    histogram[bucket_of(1000)] = sum(outcomes[:FALLBACK])
    return Count(route, service, since, outcomes, 1000, histogram, seconds, list(outcomes), list(histogram))


def test_counts_are_grouped_by_route_and_service() -> None:
    """Workers and intervals of one version come together, other versions stay apart."""
    counts = [count(1), count(2), count(service="canary"), count(route="other")]
    found = figures.by_version(counts)
    assert [len(found[key]) for key in (("late", "blue"), ("late", "canary"), ("other", "blue"))] == [2, 1, 1]


def test_merging_adds_up_and_leaves_the_parts_alone() -> None:
    """The sum of two workers is theirs; the counts it was made of keep their numbers."""
    one, other = count(ok=3), count(ok=4, server_error=1)
    total = figures.merged([one, other])
    assert (total.outcomes[OK], total.outcomes[SERVER_ERROR], total.requests) == (7, 1, 8)
    assert sum(total.histogram) == sum(total.recent_histogram) == 8
    assert total.microseconds == 2000
    assert (one.outcomes[OK], other.outcomes[OK]) == (3, 4)


def test_merging_nothing_gives_nothing() -> None:
    """A version without any tally has counts of zero."""
    total = figures.merged([])
    assert total.requests == 0
    assert len(total.outcomes) == len(OUTCOMES)
    assert len(total.histogram) == BUCKETS


def test_an_interval_counts_its_own_requests_only() -> None:
    """Requests under earlier weights are not part of what is served now, nor are fallbacks."""
    counts = [count(1, ok=100), count(4, ok=7, timeout=2, fallback=50), count(4, ok=1)]
    assert figures.requests_since(counts, 4) == 10


def test_shares_are_percentages_of_all() -> None:
    """Shares add up to 100; without requests all are 0 rather than a division by zero."""
    assert figures.shares({"blue": 90, "canary": 10}) == {"blue": 90.0, "canary": 10.0}
    assert figures.shares({"blue": 0, "canary": 0}) == {"blue": 0.0, "canary": 0.0}


def test_versions_divide_the_rate_of_their_route() -> None:
    """As they had the requests of late under the present weights, fallbacks left out."""
    counts = {"blue": [count(1, ok=500), count(2, ok=3)], "canary": [count(2, ok=1, fallback=9)], "green": []}
    assert figures.version_rates(counts, 2, 60.0) == {"blue": 45.0, "canary": 15.0, "green": 0.0}


def test_versions_have_no_rate_before_the_first_answer() -> None:
    """Under new weights it is not known yet, without traffic it is 0."""
    counts = {"blue": [count(1, ok=500)], "canary": []}
    assert figures.version_rates(counts, 2, 60.0) == {"blue": None, "canary": None}
    assert figures.version_rates(counts, 1, 0.0) == {"blue": 0.0, "canary": 0.0}


def test_errors_are_the_service_s_fault() -> None:
    """5xx, 502, 503 and 504 count as errors; a client's mistake and its leaving do not."""
    outcomes = count(
        ok=4,
        client_error=1,
        refused=1,
        disconnected=2,
        server_error=1,
        unavailable=1,
        bad_gateway=1,
        timeout=1,
    ).outcomes
    assert figures.error_ratio(outcomes) == pytest.approx(4 / 12)
    assert TIMEOUT in figures.ERRORS
    assert REFUSED not in figures.ERRORS


def test_errors_without_requests_are_none() -> None:
    """No requests are no errors; fallbacks alone are no requests."""
    assert figures.error_ratio(count(fallback=3).outcomes) == 0


def test_quantiles_are_in_milliseconds() -> None:
    """A histogram around one millisecond has its median there; an empty one has none."""
    found = figures.milliseconds(count(ok=10).histogram, 0.5)
    assert found == pytest.approx(1.0, rel=0.125)
    assert figures.milliseconds([0] * BUCKETS, 0.5) is None


def octaves(**counts: int) -> list[int]:
    """Times to first byte, by `o` and the number of the octave."""
    return [counts.get(f"o{octave}", 0) for octave in range(OCTAVES)]


def test_octaves_end_at_powers_of_two() -> None:
    """64 µs is the first bound, 67 s the last before infinity."""
    assert figures.octave_bound(0) == 64
    assert figures.octave_bound(OCTAVES - 2) == 2**26


@pytest.mark.parametrize("q", [0.01, 0.5, 0.99, 1.0])
def test_a_time_to_first_byte_lies_in_its_octave(q: float) -> None:
    """1,024 to 2,048 µs is the octave of all; the quantile lies within."""
    found = figures.first_byte_milliseconds(octaves(o5=100), q)
    assert found is not None
    assert 1.024 <= found <= 2.048


def test_quantiles_of_first_bytes_grow_with_q() -> None:
    """Nine in ten are quick, one is slow: the median is quick, the 99th percentile slow."""
    found = [figures.first_byte_milliseconds(octaves(o2=90, o9=10), q) for q in (0.5, 0.9, 0.95, 0.99)]
    assert None not in found
    assert found == sorted(found, key=lambda value: value or 0)
    assert found[0] is not None
    assert found[0] < 0.256
    assert found[3] is not None
    assert 16.384 < found[3] < 32.768


def test_what_lies_above_all_octaves_is_given_as_their_end() -> None:
    """A made-up number above it would look like a measurement; without data there is none at all."""
    assert figures.first_byte_milliseconds(octaves(o21=1), 0.5) == 2**26 / 1000
    assert figures.first_byte_milliseconds(octaves(), 0.5) is None


def test_hits_of_workers_add_up_by_name() -> None:
    """Without workers every limit is there with 0."""
    one = [0] * len(LIMITS)
    one[LIMITS.index("rate")] = 2
    assert figures.limit_hits([one, one])["rate"] == 4
    assert figures.limit_hits([]) == dict.fromkeys(LIMITS, 0)
