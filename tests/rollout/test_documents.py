"""Documents: whatever a decision was made from comes back from JSON as it went in, to the last bit."""

from __future__ import annotations

import json
import math
import re
import struct
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rollout.decision import Decision, Situation
from gateway.rollout.documents import from_document, to_document
from gateway.rollout.evidence import Counts, Evidence, Span
from gateway.rollout.ports import Decided
from gateway.rollout.verdict import MetricVerdict, Verdict
from gateway.routing.judges import Judge, LatencyJudge, Metric, OutputsJudge
from gateway.routing.rollouts import Progress, Rollout, Step


def bits(value: object) -> object:
    """Return a value with each float as its bits, so that NaN and -0.0 compare as what they are."""
    if isinstance(value, float):
        return struct.pack("<d", math.nan if math.isnan(value) else value)
    if isinstance(value, tuple):
        return tuple(map(bits, value))
    if hasattr(value, "__dataclass_fields__"):
        return type(value), tuple(bits(getattr(value, name)) for name in value.__dataclass_fields__)
    return type(value), value


def through_json(value: object) -> Any:
    """Return a document as strict JSON brings it back."""
    return json.loads(json.dumps(to_document(value), allow_nan=False))


@pytest.mark.parametrize(
    "kind", [Evidence, Verdict, MetricVerdict, Situation, Decision, Progress, Rollout, Judge]
)
def test_a_round_trip_changes_no_bit(kind: type) -> None:
    """Any value of the types that make up a decision comes back, unusual floats included."""

    @given(st.from_type(kind))
    def check(value: object) -> None:
        assert bits(from_document(kind, through_json(value))) == bits(value)

    check()


def test_a_whole_decision_comes_back() -> None:
    """Nested as it is recorded, with judges that are left out and a decision that is none."""
    span = Span(1, 0, 0, 7, 0.1, Counts(3, (1, 0)), Counts(5, (0, 0)), (((1, 0), (0, 0)),), ((1,), (2,)))
    spec = Rollout(
        (Step(5_000, "time", 60.0), Step(100_000)), Judge(errors=None, latency=LatencyJudge((0.5,)))
    )
    decided = Decided(
        at=1.5,
        rollout=7,
        route="läte",
        revision=9,
        judge=Judge(outputs=OutputsJudge("abort"), metrics=(Metric("m", "http", "http://localhost"),)),
        progress=Progress(
            7, "green", "blue", "paused", 1, spec.steps, "why", thresholds=(1, 2), accepted=("outputs",)
        ),
        rollout_spec=spec,
        evidence=Evidence(7, (span,), (-math.inf, 0.1)),
        external=(MetricVerdict("m", "pass", "m says so", worse=math.nan),),
        situation=Situation(elapsed=5),
        verdict=Verdict("hold", "look", (MetricVerdict("errors", "hold", "look", effect=None, low=-0.0),)),
        decision=None,
    )
    found = from_document(Decided, through_json(decided))
    assert bits(found) == bits(decided)
    assert isinstance(found.situation.elapsed, int)


def test_what_is_missing_takes_its_default() -> None:
    """A document from before a field was added can still be read."""
    assert from_document(Situation, {"elapsed": 2.0}) == Situation(elapsed=2.0)


@pytest.mark.parametrize(
    ("kind", "document", "what"),
    [
        (Evidence, [], "Evidence cannot be '[]'"),
        (Evidence, {}, "Evidence has no 'id'"),
        (Evidence, {"id": 1, "span": []}, "'span', which this version does not know"),
        (Evidence, {"id": "1"}, "Evidence.id cannot be '1'"),
        (Evidence, {"id": True}, "Evidence.id cannot be 'True'"),
        (Evidence, {"id": 1, "edges": ["high"]}, "Evidence.edges[0] cannot be 'high'"),
        (Evidence, {"id": 1, "edges": [False]}, "Evidence.edges[0] cannot be 'False'"),
        (Evidence, {"id": 1, "edges": 3}, "Evidence.edges cannot be '3'"),
        (Counts, {"bad": [1.0]}, "Counts.bad[0] cannot be '1.0'"),
        (Verdict, {"outcome": "well", "sentence": ""}, "Verdict.outcome cannot be 'well'"),
        (
            MetricVerdict,
            {"name": "m", "outcome": "pass", "sentence": "s", "needed": 1.5},
            ".needed cannot be",
        ),
    ],
)
def test_what_is_no_such_document_is_refused_with_its_place(kind: type, document: object, what: str) -> None:
    """A row that was damaged is noticed where it is read, not where it is used."""
    with pytest.raises(ValueError, match=re.escape(what)):
        from_document(kind, document)


def test_arms_are_two() -> None:
    """A tuple of a fixed length has that length."""
    span = to_document(Span(1, 0, 0, 1, 0.5)) | {"outputs": [[]]}
    with pytest.raises(ValueError, match="outputs cannot be"):
        from_document(Span, span)


def test_what_has_no_place_in_a_document_is_a_mistake() -> None:
    """A list or a mapping in a dataclass would come back as something else."""

    @dataclass
    class Loose:
        values: list[int]

    with pytest.raises(TypeError, match="a list has no place"):
        to_document(Loose([1]))
