"""Records become one row per prediction, with a typed column for each input and output."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gateway.requestlog.lake import connect
from gateway.requestlog.places import LogPlaces
from gateway.requestlog.predictions_schema import BASE, widest
from gateway.requestlog.views import columns_of
from tests.requestlog.lake_log import ask, record, sealed_segment, segment


@pytest.fixture(params=["open", "sealed"])
def write(request: pytest.FixtureRequest) -> Any:
    """Write a segment: what `predictions` shows is the same whether it is sealed or not."""
    return segment if request.param == "open" else sealed_segment


def typed(places: LogPlaces) -> dict[str, str]:
    """Return the columns beyond those that are always there."""
    with connect(places) as lake:
        return dict(list(columns_of(lake.connection, "predictions").items())[len(BASE) :])


def test_a_request_with_several_rows_has_as_many_predictions(write: Any, tmp_path: Path) -> None:
    """Numbered from 0; a list that is too short ends in NULL."""
    places = LogPlaces(tmp_path)
    inputs = {"a": [1, 2, 3], "b": ["x", "y"]}
    write(
        places,
        0,
        [record(0, inputs=inputs, outputs={"p": [0.1, 0.2, 0.3]}), record(1, inputs=None, outputs=None)],
    )
    assert ask(places, "SELECT row, a, b, p, version, status FROM predictions ORDER BY row") == [
        (0, 1, "x", 0.1, "blue", 200),
        (1, 2, "y", 0.2, "blue", 200),
        (2, 3, None, 0.3, "blue", 200),
    ]


def test_names_that_clash_get_an_ending(write: Any, tmp_path: Path) -> None:
    """With a column that is always there, or with the request's own input; letters' case does not matter."""
    places = LogPlaces(tmp_path)
    inputs = {"id": ["mine"], "TS": [5], "late": [1]}
    write(places, 0, [record(0, inputs=inputs, outputs={"Late": [0.9], "status": ["fine"]})])
    assert list(typed(places)) == ["id_in", "TS_in", "late", "Late_out", "status_out"]
    assert ask(places, "SELECT id_in, TS_in, late, Late_out, status_out FROM predictions") == [
        ("mine", 5, 1.0, 0.9, "fine")
    ]


@pytest.mark.parametrize(
    ("outputs", "prediction"),
    [
        ({"p": [0.25], "late": [True]}, 0.25),
        ({"late": [True], "p": [0.25]}, 1.0),
        ({"name": ["UA"], "p": [0.25]}, None),
        ({"n": [3]}, 3.0),
        ({"name": ["UA"]}, None),
        (None, None),
        ({"prediction": [0.5]}, 0.5),
    ],
)
def test_the_first_output_is_the_prediction(
    outputs: Any, prediction: Any, write: Any, tmp_path: Path
) -> None:
    """As a number, where it is one; each record has its own first one."""
    places = LogPlaces(tmp_path)
    write(places, 0, [record(0, outputs=outputs), record(1, outputs={"other": [7]})])
    assert ask(places, "SELECT prediction FROM predictions ORDER BY id") == [(prediction,), (7.0,)]


def test_a_number_stays_the_prediction_beside_texts_of_the_same_name(write: Any, tmp_path: Path) -> None:
    """What another route answers under the same name must not take a route's predictions away."""
    places = LogPlaces(tmp_path)
    answers = [0.75, "cat", True, "nan", None, [1.5, 2.5], -3]
    write(places, 0, [record(n, outputs={"output": [answer]}) for n, answer in enumerate(answers)])
    found = [row[0] for row in ask(places, "SELECT prediction FROM predictions ORDER BY id")]
    assert found == [0.75, None, 1.0, None, None, None, -3.0]


def test_whether_a_name_clashes_is_a_matter_of_its_own_request(write: Any, tmp_path: Path) -> None:
    """So the same output is in the same column, whatever other routes have."""
    places = LogPlaces(tmp_path)
    one = record(0, inputs={"x": [1]}, outputs={"score": [0.5]})
    two = record(1, inputs={"score": [3]}, outputs={"score": [0.75]})
    write(places, 0, [one, two])
    assert ask(places, "SELECT x, score, score_out FROM predictions ORDER BY id") == [
        (1, 0.5, None),
        (None, 3.0, 0.75),
    ]


def test_names_that_differ_in_case_share_a_column(write: Any, tmp_path: Path) -> None:
    """SQL does not tell them apart; of one request that has both, the first is taken."""
    places = LogPlaces(tmp_path)
    write(places, 0, [record(n, inputs=i, outputs=None) for n, i in enumerate(({"Age": [1]}, {"age": [2]}))])
    assert [row[0] for row in ask(places, "SELECT age FROM predictions ORDER BY id")] == [1, 2]


@pytest.mark.parametrize(
    "name", ["a b", 'say "x"', "it's", "x.y", "x/y~z", "ü", "$.a", "SELECT", "a]b", "{}"]
)
def test_any_name_can_be_a_column(name: str, write: Any, tmp_path: Path) -> None:
    """Whatever quotes and signs it has."""
    places = LogPlaces(tmp_path)
    write(places, 0, [record(0, inputs={name: [3]}, outputs={name.upper(): [0.5]})])
    column = '"' + name.replace('"', '""') + '"'
    assert ask(places, f"SELECT {column} FROM predictions") == [(3,)]


def test_files_with_other_types_are_read_together(tmp_path: Path) -> None:
    """Numbers widen, all else becomes text; a column that was NULL throughout gives way."""
    places = LogPlaces(tmp_path)
    for number, value in enumerate((None, 1, 2.5)):
        sealed_segment(
            places, number * 10, [record(number, inputs={"x": [value], "y": [number]}, outputs=None)]
        )
    assert ask(places, "SELECT x FROM predictions ORDER BY id") == [(None,), (1.0,), (2.5,)]
    segment(places, 90, [record(9, inputs={"x": ["text"]}, outputs=None)])
    assert ask(places, "SELECT x, y FROM predictions ORDER BY id") == [
        (None, 0), ("1.0", 1), ("2.5", 2), ("text", None),
    ]  # fmt: skip


def test_widening_forgets_nothing() -> None:
    """NULL gives way, whole numbers to numbers, everything else to text."""
    assert [widest(*pair) for pair in (("NULL", "DOUBLE"), ("BIGINT", "NULL"), ("NULL", "NULL"))] == [
        "DOUBLE", "BIGINT", "NULL",
    ]  # fmt: skip
    assert widest("BIGINT", "DOUBLE") == widest("DOUBLE", "BIGINT") == "DOUBLE"
    assert widest("BOOLEAN", "BIGINT") == widest("VARCHAR", "DOUBLE") == "VARCHAR"
