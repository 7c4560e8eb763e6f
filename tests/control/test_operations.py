"""The table of everything that the admin API does."""

from __future__ import annotations

from gateway.control.openapi import document
from gateway.control.operations import OPERATIONS, PARAMETERS, QUERY_PARAMETERS


def test_every_operation_has_a_name_of_its_own() -> None:
    """Client generators make functions of them."""
    names = [operation.name for operation in OPERATIONS]
    assert len(set(names)) == len(names)
    assert document()["openapi"] == "3.1.0"


def test_no_path_has_the_same_method_twice() -> None:
    """The second one would never be reached."""
    places = [(operation.method, operation.path) for operation in OPERATIONS]
    assert len(set(places)) == len(places)


def test_every_query_parameter_is_of_an_operation_and_described() -> None:
    """A table that names what is not there would be told to nobody."""
    assert QUERY_PARAMETERS.keys() <= {operation.name for operation in OPERATIONS}
    for names in QUERY_PARAMETERS.values():
        assert {PARAMETERS[name]["in"] for name in names} == {"query"}
