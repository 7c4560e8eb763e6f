"""Lists of a few known words."""

from __future__ import annotations

import pytest

from gateway.routing.read_words import words
from gateway.routing.report import Report
from gateway.routing.yaml_tree import read

KNOWN = ("before_step", "before_promote")


def words_of(text: str) -> tuple[tuple[str, ...] | None, list[str]]:
    """Return the words written in a text, and what was told about them."""
    node, problems = read(text)
    assert node is not None
    report = Report(problems)
    return words(report, node, "at", KNOWN), [problem.message for problem in report.problems]


def test_each_word_counts_once() -> None:
    """In the order of the file."""
    assert words_of("[before_promote, before_step, before_promote]") == (
        ("before_promote", "before_step"),
        [],
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("before_step", "`at` must be a list such as `[before_step, before_promote]`"),
        ("[]", "`at` must be a list"),
        ("[before_stop]", "did you mean `before_step`?"),
        ("[[before_step]]", "`at` must be a single value"),
    ],
)
def test_a_mistake_is_told_once(text: str, says: str) -> None:
    """One sentence."""
    found, [message] = words_of(text)
    assert (found, says in message) == (None, True)
