"""The operation that plans is described with every parameter it takes."""

from __future__ import annotations

from gateway.control.openapi import document
from gateway.control.planner.operations import PATH, PLAN_PARAMETERS


def test_its_parameters_are_described() -> None:
    """Each by the name that the query has."""
    found = document()
    listed = [one["$ref"].rpartition("/")[2] for one in found["paths"][PATH]["get"]["parameters"]]
    assert listed == ["name", *PLAN_PARAMETERS]
    names = [found["components"]["parameters"][key]["name"] for key in PLAN_PARAMETERS]
    assert names == ["canary", "steps", "rate", "error_rate"]
