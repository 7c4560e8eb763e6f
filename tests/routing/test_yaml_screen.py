"""Accidents in a text that are named before it is parsed."""

from __future__ import annotations

import pytest

from gateway.routing.yaml_screen import screen


@pytest.mark.parametrize(
    ("text", "line", "column", "says"),
    [
        ("a: 1\n<<<<<<< HEAD\n", 2, 1, "merge conflict"),
        ("a: 1\n=======\n", 2, 1, "merge conflict"),
        ("a: 1\r\n  \u00a0b: 1\r\n", 2, 3, "(U+00A0) that is not a space"),
        ("a: \x00\n", 1, 4, "control character (U+0000)"),
        ("a: 1\rb: \x1b\n", 2, 4, "control character (U+001B)"),
        ("# x\u2028a: 1\n", 1, 4, "control character (U+2028)"),
        ("a: \ud800\n", 1, 4, "control character (U+D800)"),
        ("a: 1\n\ufeffb: 1\n", 2, 1, "control character (U+FEFF)"),
        ("\ufeffa\x07: 1\n", 1, 2, "control character (U+0007)"),
    ],
)
def test_accidents_are_named_with_their_place(text: str, line: int, column: int, says: str) -> None:
    """Each unwanted character or marker is reported where an editor shows it."""
    [problem] = screen(text)
    assert (problem.line, problem.column) == (line, column)
    assert says in problem.message


@pytest.mark.parametrize(
    "text",
    ["", "\ufeffa: 1\r\n", "# Größe — 飛行機 😀\u00a0!\n", "a: '======='\n", "\ta: 1\n", "# ======= \n"],
)
def test_ordinary_text_passes(text: str) -> None:
    """A leading byte order mark, any script and a no-break space inside a comment are fine."""
    assert screen(text) == []


def test_only_the_first_few_are_reported() -> None:
    """A binary file does not give a thousand problems."""
    assert len(screen("\x00" * 1000)) == 10
