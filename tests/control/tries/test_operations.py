"""The operation that tries a route."""

from __future__ import annotations

from gateway.control.tries.operations import PATH, TRY_OPERATIONS


def test_a_viewer_may_try_a_route_and_its_path_names_it() -> None:
    """So that who is limited to some routes tries those alone."""
    [operation] = TRY_OPERATIONS
    assert (operation.method, operation.path, operation.role) == ("post", PATH, "viewer")
    assert "{name}" in PATH
    assert 412 not in operation.refusals
