"""Requests and labels of the replayed year."""

from __future__ import annotations

import numpy as np

from benchmarks.contenders import ROOT
from benchmarks.demo_year_flights import Year
from benchmarks.demo_year_replay import Answered, groups, labels, question
from gateway.serving.inference_protocol import parse_request
from gateway.serving.load import load_model
from model_versions import flights


def year() -> Year:
    """Return five flights of 2 March that a model takes, of two origins and two hours."""
    model = load_model(ROOT / "model_versions" / "v1").spec
    categories = {spec.name: spec.categories for spec in model.inputs if spec.categories}
    row = [3, 6, 605, 800, 0, 0, 5, 700, 40, 10, 0, 10, 50]
    matrix = np.array([row] * 5, np.float64)
    matrix[:, 2] = [605, 630, 640, 700, 719]
    matrix[:, 5] = [0, 1, 0, 1, 1]
    late = np.array([1, 0, 0, 1, 0])
    return Year(flights.Dataset(matrix, late, late, late, categories, ""), np.full(5, 60))


def test_a_request_holds_one_origin_and_hour() -> None:
    """In the order of time, and each flight once."""
    found = [(moment, rows.tolist()) for moment, rows in groups(year(), 60)]
    assert found == [
        ("2013-03-02T10:00:00", [0, 2]),
        ("2013-03-02T10:00:00", [1]),
        ("2013-03-02T11:00:00", [3, 4]),
    ]
    assert not list(groups(year(), 61))


def test_a_model_takes_the_question() -> None:
    """The parameter that says when is tolerated, and the rows are those of the year."""
    body = question(year(), "2013-03-02T11:00:00", np.array([3, 4]))
    spec = load_model(ROOT / "model_versions" / "v1").spec
    assert body["parameters"] == {"event_time": "2013-03-02T11:00:00"}
    assert (parse_request(body, spec).matrix == year().data.matrix[[3, 4]]).all()


def test_labels_say_which_row_of_which_request() -> None:
    """One for each flight."""
    answered = [Answered("a" * 32, np.array([0, 2]), [0.1, 0.2]), Answered("b" * 32, np.array([3]), [0.3])]
    assert labels(year(), answered) == [
        {"id": "a" * 32, "row": 0, "label": 1},
        {"id": "a" * 32, "row": 1, "label": 0},
        {"id": "b" * 32, "row": 0, "label": 1},
    ]
