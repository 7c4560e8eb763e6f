"""Collecting problems and showing values."""

from __future__ import annotations

from gateway.serving.problems import PROBLEM_LIMIT, Problems, nearest, shown


def _noted(*sentences: str) -> Problems:
    problems = Problems()
    for sentence in sentences:
        problems.add(sentence)
    return problems


def test_one_problem_is_its_own_text() -> None:
    """A single problem is told without a count."""
    assert _noted("speed: too fast").text() == "speed: too fast"


def test_several_problems_are_told_together() -> None:
    """Several problems are told in their order, with their number."""
    assert _noted("a", "b").text() == "2 problems: a; b"


def test_beyond_the_limit_problems_are_only_counted() -> None:
    """The text stays short however much is wrong, and says how much it leaves out."""
    problems = _noted(*(f"p{n}" for n in range(PROBLEM_LIMIT + 30)))
    assert problems.count == PROBLEM_LIMIT + 30
    assert problems.text().endswith(f"p{PROBLEM_LIMIT - 1}; and 30 more")


def test_unknown_keys_are_named_with_the_nearest_known_one() -> None:
    """A misspelt key is answered with the key that was probably meant."""
    problems = Problems()
    problems.unknown_keys({"shap": 1, "data": 2}, ("shape", "data"), "input 'x'")
    assert problems.kept == [
        "input 'x': unknown key 'shap' (did you mean 'shape'?); known are shape, data",
    ]


def test_values_are_shown_shortened() -> None:
    """A huge value does not become a huge message, and control characters are escaped."""
    assert len(shown(["x" * 10_000] * 10_000)) <= 60
    assert shown("a\nb") == "'a\\nb'"


def test_no_hint_without_a_near_word() -> None:
    """A hint is given for a near word only, never for a value that is not a word."""
    assert nearest("destt", ["dest"]) == " (did you mean 'dest'?)"
    assert nearest("zzzz", ["dest"]) == ""
    assert nearest(5, ["dest"]) == ""


def test_keys_and_values_or_a_problem() -> None:
    """A mapping with texts as keys is given back; anything else is noted and counts as empty."""
    problems = Problems()
    assert problems.mapping({"a": 1}, "here") == {"a": 1}
    assert problems.mapping({1: 1}, "here") == problems.mapping(None, "there") == {}
    assert problems.kept == [
        "here: expected keys and values, got {1: 1}",
        "there: expected keys and values, got None",
    ]
