"""How a what-if about routing looks."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from gateway.cli.whatif_view import routing_view

REPORT: dict[str, Any] = {
    "requests": 1000,
    "since": 1.0,
    "until": 61.0,
    "would_move": 200,
    "routes": [
        {
            "name": "late",
            "path": "/late",
            "requests": 900,
            "users": 50,
            "users_exact": False,
            "users_moved": 10,
            "versions": [
                {"version": "blue", "was": 90.0, "asked": None, "would_be": 70.0, "requests": 630},
                {"version": "[b]", "was": 10.0, "asked": 30.0, "would_be": 30.0, "requests": 270},
            ],
            "moves": [{"from": "", "to": "[b]", "requests": 180, "percent": 20.0, "users": 10}],
        }
    ],
    "without_requests": ["idle"],
    "vanished": [{"name": "gone", "requests": 7}],
    "unrouted": {"requests": 100, "paths": [{"path": "/x\x1b[31m" + "y" * 100, "requests": 100}]},
    "unknown": ["something"],
}


def drawn(report: dict[str, Any], width: int = 80) -> str:
    """Draw it without colours."""
    console = Console(markup=False, width=width, color_system=None)
    with console.capture() as captured:
        console.print(routing_view(report, "other.yaml"))
    return captured.get()


def test_everything_is_told_in_80_columns() -> None:
    """Names and paths are never taken for markup or for commands to the terminal."""
    text = drawn(REPORT)
    for part in (
        "200 of 1,000 recorded requests would go to another version by other.yaml",
        "100 would have no route",
        "1970-01-01 00:00:01 to 1970-01-01 00:01:01 UTC",
        "about 10 of 50 users would move",
        "no route (404) -> [b]",
        "route gone is no more; it had 7 requests",
        "no request would go to: idle",
        "note: something",
    ):
        assert part in text.replace("\n", " ").replace("  ", " ") or part in text
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= 80


def test_where_nobody_moves_it_says_so() -> None:
    """In words, not by an empty table."""
    route = {**REPORT["routes"][0], "moves": [], "users": 0}
    text = drawn({**REPORT, "routes": [route], "vanished": [], "without_requests": []})
    assert "nobody would move" in text
    assert "users" not in text


def test_of_very_many_routes_some_are_shown() -> None:
    """And where the others are."""
    text = drawn({**REPORT, "routes": REPORT["routes"] * 25})
    assert "and 5 more routes; see: gateway whatif --json" in text
