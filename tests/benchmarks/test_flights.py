"""Flights as inference requests."""

from __future__ import annotations

import pytest

from benchmarks.flights import Flight, Input, probability, question, read_flights, read_inputs

FLIGHT = Flight({"month": "3", "carrier": "B6", "temp": "37.04"}, was_late=False)


def test_the_file_holds_5000_real_flights_of_march() -> None:
    """All of March, some late and most not, the truth kept apart from what was known."""
    flights = read_flights()
    assert len(flights) == 5_000
    assert {flight.known["month"] for flight in flights} == {"3"}
    assert 0.1 < sum(flight.was_late for flight in flights) / 5_000 < 0.4
    assert all("late" not in flight.known for flight in flights)


def test_a_question_has_one_tensor_for_each_input_in_its_datatype() -> None:
    """Whole numbers, real numbers and text arrive as the metadata names them."""
    inputs = [Input("month", "INT64"), Input("carrier", "BYTES"), Input("temp", "FP64")]
    asked = question(FLIGHT, inputs, "one")
    assert asked["id"] == "one"
    assert [tensor["data"] for tensor in asked["inputs"]] == [[3], ["B6"], [37.04]]
    assert all(tensor["shape"] == [1] for tensor in asked["inputs"])


def test_an_input_without_a_column_is_refused_by_name() -> None:
    """The demo stops before it sends 5,000 requests that cannot be answered."""
    metadata = {"inputs": [{"name": "month", "datatype": "INT64"}, {"name": "moon", "datatype": "FP64"}]}
    with pytest.raises(ValueError, match="moon"):
        read_inputs(metadata, list(FLIGHT.known))


def test_the_probability_is_the_first_real_output() -> None:
    """Other outputs, such as the verdict itself, are passed over."""
    outputs = [
        {"name": "late", "datatype": "BOOL", "data": [True]},
        {"name": "p", "datatype": "FP64", "data": [0.7]},
    ]
    assert probability({"outputs": outputs}) == 0.7
    with pytest.raises(ValueError, match="late"):
        probability({"outputs": outputs[:1]})
