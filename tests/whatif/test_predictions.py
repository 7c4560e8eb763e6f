"""Recorded predictions as arrays."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from gateway.errors import GatewayError
from gateway.requestlog.lake import connect
from gateway.requestlog.places import LogPlaces
from gateway.serving.model_spec import InputSpec, ModelSpec, OutputSpec
from gateway.whatif.predictions import Columns, columns_for, count, read, seconds_recorded
from gateway.whatif.recorded import Asked
from tests.requestlog.lake_log import record, segment

SPEC = ModelSpec(
    "small",
    "v1",
    (InputSpec("hour", "INT64", minimum=0, maximum=23), InputSpec("status", "FP64")),
    (OutputSpec("chance", "FP64"), OutputSpec("hour", "BOOL")),
)


def test_columns_are_found_under_the_names_the_log_gives_them(tmp_path: Path) -> None:
    """An input called like a column of the log, and an output called like an input."""
    places = LogPlaces(tmp_path)
    inputs, outputs = {"hour": [1], "status": [2]}, {"chance": [0.5], "hour": [True]}
    segment(places, 0, [record(0, inputs=inputs, outputs=outputs)])
    with connect(places) as lake:
        assert columns_for(lake, SPEC) == Columns("chance", "hour_out", ("hour", "status_in"))
        rows = read(lake, Asked(route="late"), 1.0, columns_for(lake, SPEC), SPEC, {}, 0.5)
    assert (rows.matrix.tolist(), rows.p, rows.yes) == ([[1.0, 2.0]], [0.5], [True])


def test_a_model_of_other_outputs_cannot_be_compared(tmp_path: Path) -> None:
    """It says which outputs it has."""
    places = LogPlaces(tmp_path)
    segment(places, 0, [record(0, outputs={"other": [1]})])
    with connect(places) as lake, pytest.raises(GatewayError, match=r"output of this model \(chance, hour\)"):
        columns_for(lake, SPEC)


def test_rows_are_read_with_what_is_missing_counted(tmp_path: Path) -> None:
    """Failures are no predictions; a class is made of a probability where none is recorded."""
    places = LogPlaces(tmp_path)
    segment(
        places,
        0,
        [
            record(0, inputs={"hour": [1, 2], "status": [0.5, 1]}, outputs={"chance": [0.25, 0.75]}),
            record(1, inputs={"hour": [30], "status": [1]}, outputs={"chance": [0.1]}),
            record(2, inputs={"hour": [3], "status": [1]}, outputs=None),
            record(3, inputs={"hour": [3], "status": [1]}, outputs=None, status=503),
            record(4, inputs={"hour": [3], "status": [1]}, outputs={"chance": [7]}, route="other"),
        ],
    )
    with connect(places) as lake:
        asked = Asked(route="late")
        rows = read(lake, asked, 1.0, columns_for(lake, SPEC), SPEC, {}, 0.5)
        assert count(lake, Asked()) == {"late": 4, "other": 1}
        assert [(one[0], one[1]) for one in seconds_recorded(lake, Asked())] == []
    assert (rows.seen, len(rows.keys), rows.unanswered) == (4, 2, 1)
    assert (rows.yes, rows.requests.tolist()) == ([False, True], [0, 0])
    assert rows.reasons == {("hour", "out of this model's range"): 1}
    assert len(rows.answers.where(np.array([True, False]))) == 1


def test_what_is_no_probability_is_no_answer(tmp_path: Path) -> None:
    """Unless a class is recorded too."""
    places = LogPlaces(tmp_path)
    good = {"hour": [1], "status": [1]}
    segment(
        places,
        0,
        [record(0, inputs=good, outputs={"chance": [7.5]}), record(1, inputs=good, outputs={"hour": [True]})],
    )
    with connect(places) as lake:
        rows = read(lake, Asked(route="late"), 1.0, columns_for(lake, SPEC), SPEC, {}, 0.5)
    assert (rows.unanswered, rows.yes, math.isnan(rows.p[0])) == (1, [True], True)
