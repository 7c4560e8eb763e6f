"""Beyond which latency an answer counts as slow."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.monitoring.tally import Count, TallyWriter
from gateway.monitoring.tally_layout import OUTCOMES
from gateway.rollout.thresholds import ENOUGH, from_counts, thresholds
from gateway.routing.judges import Judge, LatencyJudge
from gateway.routing.places import Places
from gateway.routing.plan import Route
from gateway.routing.rollouts import Progress, Rollout, Step
from gateway.routing.run_directory import prepare
from gateway.statistics.histogram import BUCKETS, bucket_of, quantile, upper_bound

ROUTE = Route("late", "/late", "blue", (("blue", 95_000), ("canary", 5_000)))
ACTIVE = replace(ROUTE, progress=Progress(7, "canary", "blue", "progressing", 0, (Step(5_000),), "it began"))
QUANTILES = LatencyJudge().quantiles


@pytest.fixture
def places(tmp_path: Path) -> Iterator[Places]:
    """The directories of a gateway."""
    found = prepare(tmp_path / ".gateway")
    yield found
    shutil.rmtree(found.run.resolve())


def count(
    answers: dict[int, int],
    *,
    recent: dict[int, int] | None = None,
    service: str = "blue",
    route: str = "late",
    since: int = 1,
) -> Count:
    """Return a tally with so many answers at these latencies in microseconds; `recent` is a part of them."""
    nothing = [0] * len(OUTCOMES)
    whole, late = histogram(answers), histogram(recent or {})
    return Count(route, service, since, nothing, 0, whole, 10.0, nothing, late)


def histogram(answers: dict[int, int]) -> list[int]:
    """Return these answers in buckets."""
    found = [0] * BUCKETS
    for microseconds, n in answers.items():
        found[bucket_of(microseconds)] += n
    return found


def test_they_are_stables_recent_quantiles() -> None:
    """One for each quantile that is asked for, in order, over all workers and intervals."""
    recent = [{1000: 80}, {1000: 20, 9000: 90}, {50_000: 10}]
    counts = [count({5_000_000: 999}, recent=each, since=n) for n, each in enumerate(recent)]
    found = from_counts(counts, ROUTE, QUANTILES)
    together = histogram({1000: 100, 9000: 90, 50_000: 10})
    assert found == tuple(round(quantile(together, q) or 0) for q in QUANTILES)
    assert found[0] < found[1] < found[2]
    assert from_counts(counts, ROUTE, (0.9,)) == (round(quantile(together, 0.9) or 0),)


def test_others_do_not_count() -> None:
    """Neither the canary nor another route."""
    others = [
        count({}, recent={1000: 500}, service="canary"),
        count({}, recent={1000: 500}, route="other"),
    ]
    assert from_counts(others, ROUTE, QUANTILES) == ()
    assert from_counts([*others, count({}, recent={1000: ENOUGH})], ROUTE, QUANTILES) != ()


@pytest.mark.parametrize(("recent", "known"), [(ENOUGH, True), (ENOUGH - 1, False)])
def test_too_few_answers_say_too_little(recent: int, known: bool) -> None:
    """Before a rollout there is nothing else to go by."""
    assert bool(from_counts([count({1000: 10_000}, recent={1000: recent})], ROUTE, QUANTILES)) == known


@pytest.mark.parametrize(("since", "known"), [(6, False), (7, True), (8, True)])
def test_a_quiet_route_has_them_from_the_rollout_itself(since: int, known: bool) -> None:
    """What stable has answered since the rollout began, once that is enough; nothing older."""
    counts = [count({1000: ENOUGH}, recent={1000: 3}, since=since)]
    assert bool(from_counts(counts, ACTIVE, QUANTILES)) == known


def test_they_are_read_from_the_workers(places: Places) -> None:
    """Of all workers there have been, and only where latency is judged."""
    for number in (0, 1):
        block = TallyWriter(places.tally(number), 1).block("late", "blue", 1)
        block.words[block.histogram + bucket_of(1000)] += ENOUGH // 2
    judge = Judge(latency=LatencyJudge(ignore_below=0.0))
    found = thresholds(places, replace(ROUTE, rollout=Rollout(judge=judge)))
    assert len(found) == 3
    assert all(800 <= each <= 1200 for each in found)
    unjudged = replace(ROUTE, rollout=Rollout(judge=Judge(latency=None)))
    assert thresholds(places, unjudged) == ()


def test_nothing_quicker_than_what_is_ignored_is_slow(places: Places) -> None:
    """However quick stable is: nobody minds a millisecond."""
    block = TallyWriter(places.tally(0), 1).block("late", "blue", 1)
    block.words[block.histogram + bucket_of(1000)] += ENOUGH
    judge = Judge(latency=LatencyJudge(ignore_below=0.02))
    assert thresholds(places, replace(ROUTE, rollout=Rollout(judge=judge))) == (20_000,) * 3


def test_a_file_that_is_no_tally_is_an_error(places: Places) -> None:
    """Whoever asks decides what that means."""
    places.tally(0).write_bytes(bytes(8192))
    with pytest.raises(ValueError, match="not a tally file"):
        thresholds(places, ROUTE)


@given(st.dictionaries(st.integers(0, 2**33), st.integers(1, 10_000), min_size=1, max_size=30))
def test_each_lies_in_the_bucket_of_its_quantile(answers: dict[int, int]) -> None:
    """So it is at most a bucket off, is at least 1 µs, and grows with the quantile."""
    many = {latency: n * ENOUGH for latency, n in answers.items()}
    found = from_counts([count({}, recent=many)], ROUTE, QUANTILES)
    assert found == tuple(sorted(found))
    for threshold, q in zip(found, QUANTILES, strict=True):
        below, rank = 0, q * sum(many.values())
        for latency in sorted(many):
            below += many[latency]
            if below >= rank:
                break
        bucket = bucket_of(latency)
        low = upper_bound(bucket - 1) if bucket else 0
        assert max(low, 1) <= threshold <= upper_bound(bucket)
