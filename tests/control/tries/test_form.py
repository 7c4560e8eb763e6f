"""The form of a model."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.control.tries.form import Field, fields_of_metadata, form_of, target_of, tensors
from gateway.errors import GatewayError
from gateway.routing.plan import Route, RoutingPlan, Service
from gateway.serving.inference_protocol import build_metadata, parse_request
from gateway.serving.model_file import parse_model_file

HOME = Path(__file__).parents[3]
MODEL = "model_versions/v1"
LATE = Route("late", "/v2/models/late", "blue", (("blue", 100_000),))
KEYS = ("inputs", "name", "datatype", "parameters", "min", "categories")
ALL = Route("all", "/", "blue", (("blue", 100_000),))
PLAN = RoutingPlan((Service("blue", MODEL),), (LATE, ALL))


def test_the_form_of_a_model_here_is_what_its_file_says() -> None:
    """Types, ranges, categories, units, and the examples as what stands there first."""
    form = form_of(PLAN, LATE, HOME)
    assert (form.model, form.target) == ("late", "/v2/models/late/infer")
    fields = {field.name: field for field in form.fields}
    assert fields["month"] == Field("month", "INT64", "1 = January", 1, 12, (), 3)
    assert fields["origin"].categories == ("EWR", "JFK", "LGA")
    assert (fields["temp"].value, fields["temp"].is_whole, fields["temp"].is_number) == (41.0, False, True)
    assert not fields["origin"].is_number


def test_what_the_form_says_at_first_is_a_request_that_the_model_takes() -> None:
    """So a person may send it as it stands."""
    spec = parse_model_file((HOME / MODEL / "model.yaml").read_text(encoding="utf-8"), MODEL).spec
    form = form_of(PLAN, LATE, HOME)
    inputs = {field.name: field.value for field in form.fields if field.value is not None}
    assert parse_request({"inputs": tensors(form.fields, inputs)}, spec).matrix.shape == (1, 13)


def test_a_model_elsewhere_describes_itself_in_the_same_words() -> None:
    """The metadata of a model here gives the very fields that its file does."""
    spec = parse_model_file((HOME / MODEL / "model.yaml").read_text(encoding="utf-8"), MODEL).spec
    assert fields_of_metadata(build_metadata(spec)) == form_of(PLAN, LATE, HOME).fields


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(max_size=5), lambda inner: (
    st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(KEYS), inner)
), max_leaves=12))  # fmt: skip
def test_no_description_breaks_the_form(document: object) -> None:
    """A service elsewhere may answer anything; what is no description has no fields."""
    for field in fields_of_metadata({"inputs": [document]}) + fields_of_metadata(document):
        assert field.name
        assert field.minimum is None or math.isfinite(field.minimum)


def test_a_model_elsewhere_is_known_by_the_routes_path_or_not_at_all() -> None:
    """With the advice what such a path looks like."""
    plan = replace(PLAN, services=(Service("blue", urls=("http://127.0.0.1:1",)),))
    form = form_of(plan, LATE, HOME)
    assert (form.model, form.fields) == ("late", ())
    with pytest.raises(GatewayError, match="does not say which"):
        form_of(plan, ALL, HOME)


def test_a_route_whose_predictions_go_elsewhere_says_so() -> None:
    """The longest path wins, so a request made for this route would not be its own."""
    with pytest.raises(GatewayError, match="go to route late, not to route all"):
        form_of(PLAN, ALL, HOME)
    deep = Route("deep", "/v2/models/late/versions/v1", "blue", LATE.weights)
    plan = replace(PLAN, routes=(LATE, deep))
    assert target_of(plan, deep, "late") == "/v2/models/late/versions/v1/infer"
    elsewhere = Route("elsewhere", "/v3", "blue", LATE.weights)
    with pytest.raises(GatewayError, match="have no route"):
        target_of(replace(PLAN, routes=(elsewhere,)), elsewhere, "late")


def test_a_model_file_that_is_gone_is_told(tmp_path: Path) -> None:
    """By its path."""
    with pytest.raises(GatewayError, match=r"model\.yaml cannot be read: No such file"):
        form_of(PLAN, LATE, tmp_path)


@pytest.mark.parametrize(
    ("value", "datatype", "data"),
    [(True, "BOOL", True), (3, "INT64", 3), (0.5, "FP64", 0.5), ("a", "BYTES", "a")],
)
def test_an_input_that_is_no_field_has_the_datatype_of_its_value(
    value: bool | float | str, datatype: str, data: object
) -> None:
    """As a model that describes nothing is asked."""
    assert tensors((), {"x": value}) == [{"name": "x", "datatype": datatype, "shape": [1], "data": [data]}]


def test_a_whole_number_may_come_as_a_float() -> None:
    """JavaScript knows no other."""
    assert tensors((Field("n", "INT32"),), {"n": 3.0})[0]["data"] == [3]
    assert tensors((Field("n", "INT32"),), {"n": 3.5})[0]["data"] == [3.5]
