"""One look at the log: all routes, all versions, bins and marks."""

from __future__ import annotations

from dataclasses import replace

from gateway.requestlog.lake import connect
from gateway.routing.watches import Monitor
from gateway.watching.harvests import Harvest, Look
from gateway.watching.ingest import harvest, stretch_of
from gateway.watching.references import FIRST as ENOUGH
from gateway.watching.references import Models
from gateway.watching.summary import Predictions
from tests.watching.watched import START, Watched, plan_of, prediction, record

MINUTE = 60_000_000
FIRST = START * 1_000_000


def looked(it: Watched, marks: dict[str, int] | None = None) -> Harvest:
    """Return what one look at everything finds."""
    with connect(it.places.log, threads=1, policies={}) as lake:
        look = Look(lake.connection, it.plan, Models(it.folder), marks or {}, {})
        return harvest(look, 0, FIRST + 3_600_000_000)


def test_groups_that_are_not_watched_are_not_counted(it: Watched) -> None:
    """Nor routes that are not logged."""
    it.write([prediction(1, START, 1.0, 0.5)])
    kinds = {place.kind for place in looked(it).summaries}
    assert kinds == {"losses", "answers", "predictions"}
    it.follow(plan_of(monitor=Monitor(groups=("software",))))
    assert {place.kind for place in looked(it).summaries} == {"losses", "answers"}
    it.follow(plan_of(monitor=Monitor(groups=("inputs",))))
    assert {place.kind for place in looked(it).summaries} == {"losses", "predictions"}
    [route] = it.plan.routes
    it.follow(replace(it.plan, routes=(replace(route, log=None),)))
    assert {place.kind for place in looked(it).summaries} == {"losses"}


def test_a_version_whose_model_was_replaced_is_counted_apart(it: Watched) -> None:
    """The bins are those of the model that answered."""
    it.write([prediction(1, START, 1.0, 0.5), prediction(2, START, 1.0, 0.5, model="models/old")])
    found = looked(it)
    counted = [place.basis for place in found.summaries if place.kind == "predictions"]
    assert len(set(counted)) == 2
    assert {basis[0] for basis in found.bases} == set(counted)


def test_a_service_that_runs_elsewhere_is_only_counted_at_first(it: Watched) -> None:
    """Until enough is known; then its first values are its reference, and it is told once."""
    far = {"version": "far", "model": None}
    it.write([prediction(n, START + n / 100, n % 10, 0.5, **far) for n in range(50)])
    first = looked(it)
    [counted] = [it for place, it in first.summaries.items() if place.kind == "predictions"]
    assert counted == Predictions(50)
    assert first.firsts == {}
    later = looked(it, {"seen:late:far:": ENOUGH})
    [key] = later.firsts
    assert key[:3] == ("late", "far", "")


def test_own_time_moves_the_clock_of_the_route(it: Watched) -> None:
    """To the latest that a prediction said; the log's own mark stays with when it was read."""
    it.follow(plan_of(monitor=Monitor(every=60, time="parameters.when")))
    said = {"parameters": {"when": 1_356_998_465}}
    it.write([prediction(1, START, 1.0, 0.5, **said)])
    found = looked(it)
    assert found.marks["time:late"] == 1_356_998_460_000_000
    assert found.marks["read"] == FIRST + 3_600_000_000
    assert stretch_of(it.plan.routes[0], found.marks, 5).otherwise == 1_356_998_460_000_000


def test_records_of_no_route_are_counted_as_records(it: Watched) -> None:
    """For the share that was lost, of all there were."""
    it.write([record(1, START, route=None), record(2, START)])
    [losses] = [made for place, made in looked(it).summaries.items() if place.kind == "losses"]
    assert losses.records == 2  # type: ignore[union-attr]
