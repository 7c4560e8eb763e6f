"""The last quarter of an hour: bounded whatever is added, and in step for every version."""

from __future__ import annotations

import logging
import threading
import time
from functools import partial
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.control.pages.recent import KEPT, SERIES_LIMIT, History, Sampler, measured
from gateway.monitoring.tally import FALLBACK, OK, OUTCOMES, Count, WorkerState
from gateway.monitoring.tally_pace import Marks
from gateway.statistics.histogram import BUCKETS, bucket_of
from tests.waiting import BOUND

if TYPE_CHECKING:
    from tests.control.conftest import Site

names = st.sampled_from(["blue", "green", "canary"])
samples = st.lists(
    st.dictionaries(
        st.tuples(st.just("late"), names), st.tuples(st.floats(0, 1e6), st.none() | st.floats(0, 1e6))
    ),
    max_size=30,
)


def count(service: str = "blue", ok: int = 0) -> Count:
    """A count of answers of a millisecond each, in ten seconds."""
    outcomes = [ok if name == "ok" else 0 for name in OUTCOMES]
    histogram = [0] * BUCKETS
    histogram[bucket_of(1000)] = sum(outcomes[:FALLBACK])
    return Count("late", service, 1, outcomes, 1000, histogram, 10.0, list(outcomes), list(histogram))


def told(counts: list[Count], ended: int = 80) -> dict[tuple[str, str], tuple[float | None, float | None]]:
    """What is measured at 20 s of a worker in which so many requests ended in the last ten seconds."""
    paces: dict[str, Marks] = {"late": ((10_000, 0), (20_000, ended))}
    return measured([(WorkerState(1, 0.0, 1, 0, paces=paces), counts)], 20.0)


@given(samples)
def test_all_series_are_as_long_as_the_moments(
    added: list[dict[tuple[str, str], tuple[float | None, float | None]]],
) -> None:
    """Each version has a point for each moment, null where it had nothing to tell."""
    history = History()
    for at, points in enumerate(added):
        history.add(at, points)
    found = history.of("late", ["blue", "green", "canary"])
    assert found["t"] == list(range(len(added)))
    for name in ("blue", "green", "canary"):
        asked = [points.get(("late", name)) for points in added]
        assert found[f"rate:{name}"] == [one[0] if one else None for one in asked]
        assert found[f"p99:{name}"] == [one[1] if one else None for one in asked]


def test_only_the_last_quarter_of_an_hour_is_kept() -> None:
    """And of versions that are gone nothing, once they told nothing for as long."""
    history = History()
    history.add(0, {("late", "old"): (1.0, None)})
    for at in range(1, KEPT + 10):
        history.add(at, {("late", "blue"): (1.0, 2.0)})
    assert history.of("late", ["blue"])["t"] == list(range(10, KEPT + 10))
    assert set(history.of("late", ["old"])["rate:old"]) == {None}
    assert list(history._points) == [("late", "blue")]


def test_there_is_a_limit_to_versions() -> None:
    """A plan with thousands of versions does not fill the memory."""
    history = History()
    for at in range(3):
        history.add(at, {("late", f"v{n}"): (1.0, None) for n in range(SERIES_LIMIT * 2)})
    assert len(history._points) == SERIES_LIMIT


def test_a_sample_is_what_the_counters_say(site: Site) -> None:
    """Whether or not anybody looks at a page."""
    block = site.tally().block("late", "blue", 1)
    block.count(OK)
    history = History()
    Sampler(site.places, history, clock=lambda: 12.34).sample()
    assert history.of("late", ["blue"])["t"] == [12.3]
    assert list(history._points) == [("late", "blue")]


def test_what_came_before_the_weights_changed_counts_no_more() -> None:
    """Right after a rollback the page shows who answers now."""
    before, after = count(service="canary", ok=50), count(ok=80)
    after.since = 2
    found = {key: point[0] for key, point in told([before, after]).items()}
    assert found == {("late", "blue"): 8.0}


def test_p99_is_of_the_same_requests_as_the_rate() -> None:
    """What was slow under the weights before is over; a version that was asked nothing since has no p99."""
    slow, after = count(ok=50), count(ok=80)
    slow.recent_histogram[bucket_of(1000)] = 0
    slow.recent_histogram[bucket_of(900_000)] = 50
    after.since = 2
    found = told([slow, count(service="canary", ok=50), after])
    assert list(found) == [("late", "blue")]
    rate, p99 = found["late", "blue"]
    assert rate == 8.0
    assert p99 == pytest.approx(1, rel=0.2)


def test_workers_are_put_together() -> None:
    """The rates of all of them, and the p99 of what all of them answered."""
    slow = count(ok=20)
    slow.recent_histogram[bucket_of(1000)] = 0
    slow.recent_histogram[bucket_of(50_000)] = 20
    found = told([count(ok=80), slow, count(service="canary", ok=5)], 105)
    assert [one[0] for one in found.values()] == [10.0, 0.5]
    assert [one[1] for one in found.values()] == [pytest.approx(50, rel=0.2), pytest.approx(1, rel=0.2)]


def test_the_next_control_process_goes_on(site: Site) -> None:
    """After a reload or a crash the past is still there; what was seen twice or is too old is not."""
    site.tally().block("late", "blue", 1).count(OK)
    for at in (1.0, 1000.0, 1001.0, 1005.0):
        Sampler(site.places, History(), clock=partial(float, at)).sample()
    history = History()
    Sampler(site.places, history, clock=lambda: 1006.0).recall()
    assert history.of("late", ["blue"])["t"] == [1000.0, 1005.0]


def test_it_samples_until_it_is_told_to_stop(site: Site) -> None:
    """Every so many seconds, in a thread of its own."""
    seen = threading.Event()

    class Noting(History):
        def add(self, at: float, points: object) -> None:
            seen.set()

    sampler = Sampler(site.places, Noting(), every=0.01)
    thread = threading.Thread(target=sampler.run)
    thread.start()
    assert seen.wait(BOUND)
    sampler.stop()
    thread.join(BOUND)
    assert not thread.is_alive()


def test_samples_that_take_long_are_taken_seldom(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """With thousands of routes a look at their counters takes a second of a core that requests could have."""
    pauses: list[float] = []
    took = iter([0.0, 0.001, 1.0, 3.0])  # the first sample takes 1 ms of CPU, the second 2 s
    monkeypatch.setattr(time, "thread_time", lambda: next(took))
    sampler = Sampler(site.places, History(), every=5.0)

    def wait(pause: float) -> bool:
        pauses.append(pause)
        return len(pauses) == 3

    monkeypatch.setattr(sampler._stopped, "wait", wait)
    sampler.run()
    assert pauses == [5.0, 5.0, 200.0]


def test_a_sample_that_fails_does_not_end_the_history(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    """The next ones are taken; the log tells of each kind of failure once."""
    seen = threading.Event()
    failures: list[Exception] = [ValueError("one"), ValueError("two"), KeyError("three")]

    class Failing(History):
        def add(self, at: float, points: object) -> None:
            if failures:
                raise failures.pop(0)
            seen.set()

    sampler = Sampler(site.places, Failing(), every=0.01)
    thread = threading.Thread(target=sampler.run)
    with caplog.at_level(logging.ERROR, "gateway.control"):
        thread.start()
        went_on = seen.wait(BOUND)
        sampler.stop()
        thread.join(BOUND)
    assert went_on
    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [ValueError, KeyError]
