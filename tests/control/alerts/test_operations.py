"""The description of the operations on alerts."""

from __future__ import annotations

from gateway.control.alerts.operations import ALERT_OPERATIONS
from gateway.control.openapi import document
from gateway.control.operations import OPERATIONS


def test_they_are_part_of_the_description() -> None:
    """None of them depends on a revision, so none has an If-Match."""
    assert set(ALERT_OPERATIONS) <= set(OPERATIONS)
    for operation in ALERT_OPERATIONS:
        described = document()["paths"][operation.path][operation.method]
        assert {"$ref": "#/components/parameters/ifMatch"} not in described["parameters"]
