"""The table of tokens."""

from __future__ import annotations

from rich.console import Console

from gateway.cli.token_table import token_table


def test_a_token_is_one_line() -> None:
    """With a word for whether it holds, and its times to the minute."""
    token = {
        "id": "0123abcd",
        "name": "ci",
        "role": "viewer",
        "routes": ["late", "risk"],
        "created": "2026-05-28T20:26:40.000Z",
        "created_by": "cli:ann",
        "expires": "2026-05-28T20:27:40.000Z",
        "revoked": None,
        "last_used": None,
        "in_force": False,
    }
    console = Console(width=200, markup=False)
    with console.capture() as captured:
        console.print(token_table([token, {**token, "revoked": token["created"]}]))
    first, second = captured.get().splitlines()[1:]
    assert " ".join(first.split()) == (
        "0123abcd ci viewer late, risk expired 2026-05-28 20:27 UTC never 2026-05-28 20:26 UTC cli:ann"
    )
    assert " revoked " in second
