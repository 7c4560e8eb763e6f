"""The description of the operations on the audit trail."""

from __future__ import annotations

from gateway.control.openapi import document
from gateway.control.operations import OPERATIONS
from gateway.control.trail.operations import AUDIT_OPERATIONS


def test_they_are_part_of_the_description() -> None:
    """For admins who are not limited to some routes."""
    assert set(AUDIT_OPERATIONS) <= set(OPERATIONS)
    for operation in AUDIT_OPERATIONS:
        assert operation.path in document()["paths"]
        assert (operation.role, operation.is_whole) == ("admin", True)
