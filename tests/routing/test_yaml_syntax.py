"""What a person is told about a text that is not YAML."""

from __future__ import annotations

import pytest
import yaml

from gateway.routing.yaml_syntax import explain


def told(text: str, loader: type = yaml.CSafeLoader) -> str:
    """Return the problem of a text as `line:column: message`."""
    try:
        list(yaml.parse(text, Loader=loader))
    except yaml.YAMLError as error:
        return str(explain(error, text))
    raise AssertionError("the text was accepted")


CASES = [
    ("a:\n\tb: 1\n", "2:1: the line is indented with a tab"),
    ("a: @b\n", "1:4: a value cannot begin with `@`"),
    ("a: `b`\n", "1:4: a value cannot begin with ```"),
    ("a: 1\nb: 'c\nd: 1\n", "2:4: the quote `'` that opens here is never closed"),
    ('a: "\\q"\n', "1:"),
    ("a: {b: 1\n", "1:4: the `{` that opens here is never closed; add a `}`"),
    ("a: [b, c\n\n# end\n", "1:4: the `[` that opens here is never closed; add a `]`"),
    ("a: {b: 1 c: 2}\n", "1:11: inside the `{`, a `,` or the closing `}` is missing before this"),
    ("a: {b: 1 # x\nc: 2\n", "1:9: inside the `{` of line 1, a `,` or the closing `}` is missing at the end"),
    ("a: {b: [1}\n", "1:10: a `]` is missing here: `}` cannot close the `[`"),
    ("a: b: c\n", "1:5: a second `: ` on one line"),
    ("a: 1\n  b: 2\n", "2:4: this line is indented further than the line above allows"),
    ("a: 1\nb:2\nc: 3\n", "2:2: a space is missing after this `:`"),
    ("a:1\nb: 2\n", "1:2: a space is missing after this `:`"),
    ("a: 1\nb\nc: 3\n", "2:1: this line has no `: `; write `key: value`"),
    ("a\nb: 2\n", "1:1: this line has no `: `; write `key: value`"),
    ("listen: [::1]:8080\n", '1:10: an IPv6 address needs quotes: listen: "[::1]:8080"'),
    ("a: {b: 1}}\n", "1:10: this `}` closes nothing"),
    ("a: {b: 1},\n", "1:10: a `,` can follow here only inside"),
    ("a: 'b' c\n", "1:8: nothing more may follow on this line"),
    ("a: 1\n- b\n", "2:1: a list item cannot stand here among the keys"),
    (
        "a:\n    b: 1\n  c: 2\n",
        "3:3: the indentation of this line fits neither the block that begins on",
    ),
    ("a: - b\n", "1:4: a list item (`- …`) must begin on a line of its own"),
    ("a: [b, , c]\n", "1:8: a value is missing before this `,`"),
    ("a: *\n", "1:4: a value that begins with `*` must be put in quotes"),
    ("a: &\n", "1:4: a value that begins with `&` must be put in quotes"),
    ("a: |b\n", "1:4: a value that begins with `|` must be put in quotes"),
    ("  a: 1\nb: 2\n", "2:1: this line begins further left than the first one"),
    ("%a b\nc: 1\n", "1:1: a line that begins with `%` is a YAML directive"),
    ("%YAML 3.0\n---\na: 1\n", "1:1: a line that begins with `%` is a YAML directive"),
    ("a: ? b\n", "1:4: `? ` begins a complex key"),
]


@pytest.mark.parametrize(("text", "begins"), CASES)
def test_each_mistake_is_told_in_plain_words(text: str, begins: str) -> None:
    """The sentence says what is wrong at the place to mend, not what the parser expected."""
    assert told(text).startswith(begins)
    assert "valid YAML" not in told(text)


@pytest.mark.parametrize(("text", "begins"), CASES)
def test_the_loader_in_python_is_understood_too(text: str, begins: str) -> None:
    """The other loader words its errors differently; the line and the sentence are the same."""
    in_c, in_python = told(text).split(":", 2), told(text, yaml.SafeLoader).split(":", 2)
    assert (in_c[0], in_c[2]) == (in_python[0], in_python[2])


def test_an_error_without_a_place_is_passed_on() -> None:
    """Whatever else the library raises is reported for the file as a whole."""
    assert str(explain(ValueError("out of range"), "a: 1")) == "the file is not valid YAML: out of range"
