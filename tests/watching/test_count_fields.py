"""Predictions are counted field by field, row by row."""

from __future__ import annotations

from math import inf

from gateway.watching import count_fields, summarise
from gateway.watching.basis import Basis, Binning
from gateway.watching.stretches import Stretch
from gateway.watching.summarise import Group
from gateway.watching.summary import Predictions, Values
from tests.watching.conftest import MakeLake
from tests.watching.watched import START, prediction, record

MINUTE = 60_000_000
FIRST = START * 1_000_000
BY_MINUTE = Stretch(MINUTE)
V1 = Group("late", "v1", "models/v1")
BASIS = Basis(
    "training",
    (
        Binning("distance", "number", (500.0,), counts=(1, 1), low=0.0, high=5000.0),
        Binning("carrier", "category", categories=("AA", "B6"), counts=(1, 1, 0), is_closed=True),
    ),
    (Binning("chance", "probability", (0.5,), counts=(1, 1)),),
)


def counted(
    lake_of: MakeLake, records: list[dict[str, object]], stretch: Stretch = BY_MINUTE
) -> dict[int, Predictions]:
    """Return the predictions of records by bucket."""
    lake = lake_of(records)
    summarise.load(lake.connection, 0, 2**60)
    count_fields.unfold(lake.connection, V1, BASIS, stretch)
    return count_fields.predictions(lake.connection, BASIS)


def test_each_field_is_counted(lake_of: MakeLake) -> None:
    """Missing, out of range, never seen, positive; values in their bins."""
    found = counted(
        lake_of,
        [
            prediction(0, START, 100.0, 0.9, inputs={"distance": [100.0], "carrier": ["AA"]}),
            prediction(1, START, 9000, 0.2, inputs={"distance": [9000], "carrier": ["ZZ"]}),
            prediction(2, START, None, None, inputs={"distance": [None]}),
        ],
    )
    assert found == {
        FIRST: Predictions(
            3,
            {
                "distance": Values(3, missing=1, outside=1, bins={0: 1, 1: 1}),
                "carrier": Values(3, missing=1, unknown=1, bins={0: 1, 2: 1}),
            },
            {"chance": Values(3, missing=1, positive=1, confidence=0.9 + 0.8, bins={0: 1, 1: 1})},
        )
    }


def test_a_request_of_several_rows_is_several_predictions(lake_of: MakeLake) -> None:
    """Row by row; a list that is too short misses its last rows."""
    rows = {"distance": [1.0, 600.0, 2.0], "carrier": ["AA", "B6"]}
    found = counted(lake_of, [prediction(0, START, 0, 0, inputs=rows, outputs={"chance": [0.1, 0.6, 0.2]})])
    assert found[FIRST].n == 3
    assert found[FIRST].inputs["distance"].bins == {0: 2, 1: 1}
    assert found[FIRST].inputs["carrier"].missing == 1


def test_only_predictions_of_the_group_count(lake_of: MakeLake) -> None:
    """Not failures, not what is no Open Inference JSON, no other version, no other model."""
    found = counted(
        lake_of,
        [
            prediction(0, START, 1.0, 0.1),
            prediction(1, START, 1.0, 0.1, status=500, outcome="server_error"),
            record(2, START, request_body="hello"),
            prediction(3, START, 1.0, 0.1, version="v2"),
            prediction(4, START, 1.0, 0.1, model="models/old"),
        ],
    )
    assert found[FIRST].n == 1


def test_a_prediction_belongs_when_it_says(lake_of: MakeLake) -> None:
    """By an input of its own row, as ISO 8601 or seconds; what says nothing sensible belongs as told."""
    day = 1_356_998_400  # 2013-01-01
    times = [day + 5, "2013-01-01T00:01:05", "2013-01-01T01:01:05+01:00", "yesterday", None, 4e9]
    rows = {"distance": [1.0] * 6, "when": times}
    outputs = {"chance": [0.5] * 6}
    stretch = Stretch(MINUTE, "when", latest=FIRST, otherwise=(day + 3600) * 1_000_000)
    found = counted(lake_of, [prediction(0, START, 0, 0, inputs=rows, outputs=outputs)], stretch)
    assert {start // 1_000_000 - day: it.n for start, it in found.items()} == {0: 1, 60: 2, 3600: 3}


def test_a_parameter_may_say_when(lake_of: MakeLake) -> None:
    """One for all rows of the request."""
    given = {"parameters": {"when": "2013-01-01"}}
    stretch = Stretch(MINUTE, "parameters.when", latest=FIRST)
    found = counted(
        lake_of, [prediction(0, START, 1.0, 0.1, **given), prediction(1, START, 1.0, 0.1)], stretch
    )
    assert set(found) == {1_356_998_400_000_000, FIRST}


def test_without_fields_predictions_are_counted_all_the_same(lake_of: MakeLake) -> None:
    """As long as nothing is known of a service that runs elsewhere."""
    lake = lake_of([prediction(n, START, 1.0, 0.1) for n in range(3)])
    summarise.load(lake.connection, 0, 2**60)
    count_fields.unfold(lake.connection, V1, Basis("first"), Stretch(MINUTE))
    assert count_fields.predictions(lake.connection, Basis("first")) == {FIRST: Predictions(3)}


def test_names_of_any_kind_are_names(lake_of: MakeLake) -> None:
    """Quotes, blanks and brackets reach no SQL."""
    name = "a \"b'; [x]"
    basis = Basis("first", (Binning(name, "number", (1.0,), counts=(1, 1), low=-inf),), ())
    lake = lake_of([prediction(0, START, 0, 0, inputs={name: [2.0]})])
    summarise.load(lake.connection, 0, 2**60)
    count_fields.unfold(lake.connection, V1, basis, Stretch(MINUTE))
    assert count_fields.predictions(lake.connection, basis)[FIRST].inputs[name].bins == {1: 1}


def test_the_first_values_come_as_text(lake_of: MakeLake) -> None:
    """Oldest first, of so many requests at most, up to a time."""
    lake = lake_of([prediction(n, START + n, float(n), 0.5) for n in range(5)])
    inputs, outputs = count_fields.column_texts(lake.connection, V1, FIRST + 3_000_000, 3)
    assert inputs["distance"] == ["0.0", "1.0", "2.0"]
    assert outputs["late"] == ["false"] * 3
