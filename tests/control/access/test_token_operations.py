"""The description of the operations on tokens."""

from __future__ import annotations

from gateway.control.access.token_operations import TOKEN_OPERATIONS


def test_tokens_are_for_admins_of_everything() -> None:
    """Whoever is limited to some routes does not even see who else may come in."""
    assert {(it.method, it.role) for it in TOKEN_OPERATIONS} == {
        ("get", "admin"),
        ("post", "admin"),
        ("delete", "admin"),
    }
    assert all(it.is_whole for it in TOKEN_OPERATIONS if it.method == "get")
