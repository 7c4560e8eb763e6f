"""Which output labels are compared with."""

from __future__ import annotations

from typing import Any

from gateway.requestlog.lake import connect
from gateway.requestlog.policy import LabelPolicy
from gateway.watching.harvests import Look
from gateway.watching.ingest import harvest
from gateway.watching.intake import label_source
from gateway.watching.references import Models
from gateway.watching.summary import Truths
from tests.watching.watched import START, Watched, plan_of, prediction

FIRST = START * 1_000_000


def truths(it: Watched) -> dict[tuple[str, str, str], Truths]:
    """Return what labels say, by kind, version and model."""
    with connect(it.places.log, threads=1, policies={}) as lake:
        look = Look(lake.connection, it.plan, Models(it.folder), {}, {}, label_source(lake))
        found = harvest(look, 0, FIRST + 3_600_000_000)
    return {
        (place.kind, place.version, place.basis): made
        for place, made in found.summaries.items()
        if isinstance(made, Truths)
    }


def test_it_is_the_first_of_the_model(it: Watched) -> None:
    """And the labels wait for the detectors by day."""
    it.write([prediction(1, START, 1.0, 0.8)])
    it.label(START + 10, {1: True})
    found = truths(it)
    assert set(found) == {("truths", "v1", "models/v1"), ("days", "v1", "models/v1")}
    assert found["truths", "v1", "models/v1"].positives == {160: 1}


def test_it_is_the_one_that_the_route_names(it: Watched) -> None:
    """A flag is as sure as can be."""
    it.follow(plan_of(labels=LabelPolicy(output="late")))
    it.write([prediction(1, START, 1.0, 0.8)])
    it.label(START + 10, {1: True})
    assert truths(it)["truths", "v1", "models/v1"].positives == {199: 1}


def test_an_output_named_like_an_input_is_meant(it: Watched) -> None:
    """The log's view tells the two apart."""
    fields: dict[str, Any] = {"inputs": {"delay": [99.0]}, "outputs": {"delay": [3.0]}}
    it.follow(plan_of(labels=LabelPolicy(output="delay")))
    it.write([prediction(1, START, 0, 0, **fields)])
    it.label(START + 10, {1: 7})
    assert truths(it)["truths", "v1", "models/v1"].error == -4.0


def test_without_a_model_it_is_the_first_that_was_answered(it: Watched) -> None:
    """Of a service that runs elsewhere."""
    plan = plan_of()
    [route] = plan.routes
    from dataclasses import replace

    it.follow(replace(plan, routes=(replace(route, weights=(("far", 100_000),)),)))
    given: dict[str, Any] = {"version": "far", "model": None, "outputs": {"score": [0.3], "other": [1.0]}}
    it.write([prediction(1, START, 0, 0, **given)])
    it.label(START + 10, {1: False})
    assert truths(it)["truths", "far", ""].negatives == {60: 1}
