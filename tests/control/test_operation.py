"""An operation as data."""

from __future__ import annotations

from gateway.control.operation import CHANGE, READ, Operation


def test_an_operation_only_reads_unless_it_says_otherwise() -> None:
    """What every reading may be refused with, every change may be too."""
    found = Operation("get", "/healthz", "healthz", "Whether this process answers", None, role=None)
    assert (found.body, found.body_required, found.refusals) == (None, False, READ)
    assert set(READ) < set(CHANGE)
