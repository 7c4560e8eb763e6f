"""From summaries to values."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from gateway.routing.watches import SIGNALS
from gateway.statistics.drift import Days, psi_excess
from gateway.statistics.histogram import bucket_of
from gateway.watching import signals
from gateway.watching.basis import Basis, Binning
from gateway.watching.decays import Verdict
from gateway.watching.signals import Signal
from gateway.watching.summary import Answers, Losses, Predictions, Resources, Truths, Values


def values(found: Iterable[Signal]) -> dict[str, float | None]:
    """Return values by name and field."""
    return {f"{it.name} {it.field}".strip(): it.value for it in found}


def test_a_versions_answers() -> None:
    """Rate, errors, latency, waiting, fallbacks and what its replicas use."""
    of = Answers(200, {"ok": 190, "timeout": 4, "server_error": 6}, {bucket_of(2000): 200}, {}, 50, 5)
    found = values(signals.software("v1", of, of, 100.0, Resources(4, 2.0, 4e9)))
    assert found["rate"] == 2.0
    assert found["errors"] == 0.05
    assert found["latency_p50"] == pytest.approx(2.0, rel=0.25)
    assert found["queue_p99"] is None
    assert found["fallbacks"] == 0.1
    assert (found["cpu"], found["memory"]) == (0.5, 1e9)


def test_what_no_version_answered_is_the_routes() -> None:
    """Refusals and failures without a version, of all its requests."""
    whole = Answers(200, {"ok": 180, "refused": 10, "unavailable": 10})
    none = Answers(20, {"refused": 10, "unavailable": 10})
    assert values(signals.software("", none, whole, 100.0, None)) == {
        "rate": 2.0,
        "errors": 0.05,
        "refused": 0.05,
    }


def test_inputs_are_compared_with_their_reference() -> None:
    """Shares of those that had a value; drift over the bins."""
    basis = Basis(
        "training",
        (
            Binning("x", "number", (1.0,), counts=(50, 50), missing=0.01, days=5, clumping=0.1),
            Binning("c", "category", categories=("a",), counts=(90, 0), is_closed=True),
        ),
    )
    of = Predictions(
        100, {"x": Values(100, 20, 8, bins={0: 80}), "c": Values(100, unknown=5, bins={0: 95, 1: 5})}
    )
    found = {(it.name, it.field): it for it in signals.inputs("v1", [(0, of)], basis)}
    assert found["missing", "x"] == Signal("missing", "v1", "x", 0.2, 100, 0.01)
    assert found["out_of_range", "x"].value == 0.1
    assert found["new_categories", "c"].value == 0.05
    drift = found["drift", "x"]
    assert (drift.value, drift.n, drift.reference) == (
        psi_excess((50, 50), [(80, 0)], Days(0.1, 5, 1)),
        80,
        0.0,
    )
    assert drift.distance is not None
    assert ("new_categories", "x") not in found


def test_days_are_counted_from_the_first_bucket() -> None:
    """Hours around midnight are one day; buckets without a value of the field are none."""
    binning = Binning("x", "number", (1.0,), counts=(50, 50), days=5, clumping=0.01)
    hour, full, none = 3_600_000_000, Values(80, bins={0: 80}), Values(80, 80)

    def drift(*rows: tuple[int, Values]) -> float | None:
        of = [(start * hour, Predictions(80, {"x": values})) for start, values in rows]
        [found] = [it for it in signals.inputs("v1", of, Basis("training", (binning,))) if it.name == "drift"]
        return found.value

    expected = {days: psi_excess((50, 50), [(80, 0)] * 2, Days(0.01, 5, days)) for days in (1, 2)}
    assert drift((0, none), (23, full), (24, full)) == drift((23, full), (46, full)) == expected[1]
    assert drift((23, full), (47, full)) == expected[2]
    assert expected[1] != expected[2]


def test_without_a_known_clumping_a_few_buckets_say_nothing_of_drift() -> None:
    """How far the first values were apart says nothing of how days differ."""
    basis = Basis("first", (Binning("x", "number", (1.0,), counts=(50, 50)),))
    of = Predictions(80, {"x": Values(80, bins={0: 80})})
    for buckets, is_known in ((6, False), (7, True)):
        found = list(signals.inputs("v1", [(start, of) for start in range(buckets)], basis))
        [drift] = [it for it in found if it.name == "drift"]
        assert (drift.value is not None) == is_known
        assert drift.distance is not None


def test_outputs_of_every_scale() -> None:
    """Null, positive, confidence and drift, as far as they make sense."""
    basis = Basis(
        "training",
        (),
        (Binning("p", "probability", (0.5,), counts=(5, 5), days=2), Binning("late", "flag", counts=(3, 1))),
    )
    of = Predictions(
        10,
        {},
        {"p": Values(10, 2, positive=4, confidence=6.0, bins={0: 4, 1: 4}), "late": Values(10, positive=5)},
    )
    found = values(signals.outputs("v1", [(0, of)], basis))
    assert found["null p"] == 0.2
    assert found["positive p"] == 0.5
    assert found["confidence p"] == 0.75
    assert found["output_drift p"] == pytest.approx(0.0)
    assert found["positive late"] == 0.5
    assert "confidence late" not in found
    assert found["output_drift late"] is None
    [positive] = [
        it for it in signals.outputs("v1", [(0, of)], basis) if (it.name, it.field) == ("positive", "late")
    ]
    assert positive.reference == 0.25


def test_quality_of_classes_and_numbers() -> None:
    """What there is truth for, and how much."""
    of = Truths(10, 10, 10, 0, 8, 4.0, 2.0, positives={150: 5}, negatives={50: 5})
    found = values(signals.quality("v1", of, 40, None))
    assert (found["labelled"], found["accuracy"], found["log_loss"], found["auc"]) == (0.25, 0.8, 0.4, 1.0)
    assert "mae" not in found
    assert "decay" not in found
    decay = Verdict(1.5, 90, 86_400.0, 0.1, 0.25, "surprise")
    numbers = values(
        signals.quality("v1", Truths(4, 0, 0, 4, error=-4.0, absolute=8.0, square=36.0), 4, decay)
    )
    assert (numbers["mae"], numbers["rmse"], numbers["bias"], numbers["decay"]) == (2.0, 3.0, -1.0, 1.5)
    assert "accuracy" not in numbers
    assert decay.sentence() == "surprise is 0.25 on average since 1970-01-02, it was 0.1 at first"


def test_lost_records_are_a_share_of_all() -> None:
    """Of those kept and those lost."""
    assert signals.dropped(Losses(90, {"ring_full": 6, "disk_full": 4})).value == 0.1
    assert signals.dropped(Losses()).value is None


def test_every_signal_of_the_contract_is_made() -> None:
    """None that an alert may compare is missing."""
    basis = Basis(
        "training",
        (Binning("x", "number", counts=(1,)), Binning("c", "category", categories=("a",), is_closed=True)),
        (Binning("p", "probability", (0.5,), counts=(1, 1)),),
    )
    made = [
        *signals.software("", Answers(), Answers(), 1.0, None),
        *signals.software("v1", Answers(), Answers(), 1.0, Resources(1)),
        signals.dropped(Losses()),
        *signals.inputs("v1", [], basis),
        *signals.outputs("v1", [], basis),
        *signals.quality("v1", Truths(2, 1, 1, 1), 2, Verdict(0.1, 2, None, None, None, "")),
    ]
    assert {it.name for it in made} == set(SIGNALS)
    assert len(signals.by_key(iter(made))) == len(made)
