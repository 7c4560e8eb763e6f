"""From counters and entries to evidence: the same as counted by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from gateway.monitoring.ledger_layout import OUTPUT
from gateway.monitoring.ledger_read import Counter, Entry
from gateway.rollout.bins import FIRST
from gateway.rollout.evidence import Counts, Evidence
from gateway.rollout.gather import Gathering, added_up, interval_of
from gateway.rollout.starts import Interval, Starts, new_era, opened
from gateway.routing.plan import UNITS, Route
from gateway.routing.rollouts import Progress, Step
from gateway.routing.settings import Sticky
from tests.rollout.ledger_site import METRICS, ROLLOUT, SHARES, Seen, Workers, by_hand, in_short, requests


def all_steps(keyed: bool) -> Starts:
    """Return the starts of all steps."""
    starts = new_era(Evidence(ROLLOUT))
    for step, share in enumerate(SHARES):
        interval = Interval(ROLLOUT + step, step, share / UNITS, keyed)
        starts = opened(starts, interval, 1000 * step, {})
    return starts


@given(requests())
def test_keys_are_counted_as_by_hand(found: list[Seen]) -> None:
    """Draws and firsts of several workers, with requests without a key and late ends among them."""
    workers = Workers()
    for seen in found:
        workers.write(seen)
    gathering = Gathering(all_steps(keyed=True))
    for at, _, entry in workers.entries:
        assert gathering.feed(entry, at)
    evidence = gathering.evidence(added_up(workers.counters.values()), METRICS, keyed=True)
    assert in_short(evidence) == by_hand(found)
    assert [span.share for span in evidence.spans] == [0.05, 0.25, 0.5]


@given(requests(keys=False))
def test_requests_without_keys_are_counted_as_by_hand(found: list[Seen]) -> None:
    """Each is a draw, and each bad one a bad event; a span has no firsts."""
    workers = Workers()
    for seen in found:
        workers.write(seen)
    gathering = Gathering(all_steps(keyed=False))
    evidence = gathering.evidence(added_up(workers.counters.values()), METRICS, keyed=False)
    assert [draws for draws, _ in in_short(evidence)] == [draws for draws, _ in by_hand(found)]
    assert {span.firsts for span in evidence.spans} == {()}


def test_outputs_are_binned_per_span_and_arm() -> None:
    """Edges come with the evidence; what came before an era has its edges already."""
    gathering = Gathering(all_steps(keyed=False))
    for index in range(FIRST):
        gathering.feed(Entry(0, ROLLOUT, 0, OUTPUT, 0, index, index % 2), index)
    gathering.feed(Entry(0, ROLLOUT, 0, OUTPUT, 0, 500, 0.0), 500)
    gathering.feed(Entry(0, ROLLOUT + 1, 1, OUTPUT, 0, 1500, 1.0), 1500)
    evidence = gathering.evidence({}, METRICS, keyed=False)
    assert len(evidence.edges) == 3
    assert [span.outputs for span in evidence.spans] == [
        ((0, 0, 0, 0), (0, 1, 0, 0)),
        ((0, 0, 1, 0), (0, 0, 0, 0)),
        ((), ()),
    ]
    later = Gathering(opened(new_era(evidence), Interval(ROLLOUT, 0, 0.05, False), 0, {}))
    later.feed(Entry(0, ROLLOUT, 1, OUTPUT, 0, 0, 7.0), 0)
    after = later.evidence({}, METRICS, keyed=False)
    assert after.spans[:3] == evidence.spans
    assert (after.spans[3].era, after.spans[3].outputs) == (1, ((0, 0, 0, 1), (0, 0, 0, 0)))


def test_an_entry_belongs_to_the_span_of_its_time() -> None:
    """Where one interval has several spans the time says which; what is older than all is the first's."""
    starts = opened(new_era(Evidence(1)), Interval(1, 0, 0.5, True), 1000, {})
    starts = opened(starts, Interval(1, 1, 0.5, True), 2000, {})
    gathering = Gathering(starts)
    for key, at in enumerate((500, 1999, 2000), start=1):
        gathering.feed(Entry(key, 1, 1, 1, 0, at, 0.0), at)
    spans = gathering.evidence({}, 1, keyed=True).spans
    assert [span.canary for span in spans] == [Counts(2, (0,)), Counts(1, (0,))]


def test_what_an_era_does_not_know_waits_and_what_is_before_it_is_dropped() -> None:
    """An entry of an interval that nobody has divided yet is not counted for another one."""
    gathering = Gathering(opened(new_era(Evidence(1), 1000, {}), Interval(1, 0, 0.5, True), 1000, {}))
    assert gathering.feed(Entry(1, 2, 1, 1, 0, 999, 0.0), 999)
    assert not gathering.feed(Entry(1, 2, 1, 1, 0, 1000, 0.0), 1000)
    assert gathering.evidence({}, 1, keyed=True).spans[0].canary.requests == 0


def test_gathering_goes_on_as_long_as_nothing_is_put_together() -> None:
    """Further starts are taken in; where earlier ones changed, all has to be fed again."""
    starts = all_steps(keyed=True)
    gathering = Gathering(replace(starts, starts=starts.starts[:1]))
    assert gathering.goes_on(starts)
    assert gathering.feed(Entry(1, ROLLOUT + 2, 1, 1, 0, 0, 0.0), 0)
    assert [span.canary.requests for span in gathering.evidence({}, 1, True).spans] == [0, 0, 1]
    assert not gathering.goes_on(replace(starts, starts=starts.starts[1:]))


def test_counters_of_all_workers_add_up() -> None:
    """For each interval, stable and canary apart."""
    one = Counter(5, 1, 3, (1,) * 8)
    stable = Counter(5, 0, 10, (2,) + (0,) * 7)
    assert added_up([one, stable, one, replace(one, since=6)]) == {
        5: (Counts(10, stable.bad), Counts(6, (2,) * 8)),
        6: (Counts(0, (0,) * 8), Counts(3, (1,) * 8)),
    }


@pytest.mark.parametrize("state", ["healthy", "degraded"])
def test_an_interval_is_one_of_a_rollout_under_way(state: str) -> None:
    """Its share is that of what the two arms take; another rollout's, or one that is over, is none."""
    progress = Progress(5, "green", "blue", "paused", 1, (Step(1), Step(2)), "")
    weights = (("blue", 60_000), ("other", 20_000), ("green", 20_000))
    route = Route("late", "/", "blue", weights, Sticky("header", "user"), progress=progress, since=9)
    assert interval_of(route, 5) == Interval(9, 1, 0.25, True, False)
    assert interval_of(replace(route, sticky=None), 5) == Interval(9, 1, 0.25, False, False)
    known = replace(progress, thresholds=(1,))
    assert interval_of(replace(route, progress=known), 5) == Interval(9, 1, 0.25, True, True)
    assert interval_of(route, 6) is None
    over = replace(progress, state=state)  # type: ignore[arg-type]
    assert interval_of(replace(route, progress=over), 5) is None
    assert interval_of(replace(route, progress=None), 5) is None
    assert interval_of(replace(route, weights=(("other", UNITS),)), 5) is None
