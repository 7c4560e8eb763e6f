"""The `filter` of a log."""

from __future__ import annotations

import pytest

from gateway.requestlog.policy import PATTERNS, Coarsen, Filter
from gateway.routing.read_filter import FILTER_KEYS, MOST_EDGES, MOST_PATTERNS, read_filter
from gateway.routing.report import Report
from gateway.routing.yaml_tree import read

USUAL = Filter(mode="strict", keep=("age",))


def filter_of(text: str, usual: Filter = USUAL) -> tuple[Filter, list[str]]:
    """Return the filter that is written in a text, and what was told about it."""
    node, problems = read(text)
    assert node is not None
    report = Report(problems)
    return read_filter(report, node, usual), [problem.message for problem in report.problems]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("open", Filter(keep=("age",))),
        ("strict", USUAL),
        ("{mode: open}", Filter(keep=("age",))),
        ("{keep: [b, c, b]}", Filter(mode="strict", keep=("b", "c"))),
        ("{keep: off, redact: off}", Filter(mode="strict", redact=())),
        (
            "{pseudonymise: [user], encrypt: ['a name']}",
            Filter("strict", ("age",), ("user",), encrypt=("a name",)),
        ),
        (
            "{coarsen: {age: {round: 10}, postcode: {truncate: 2}, amount: {buckets: [-1.5, 0, 100]}}}",
            Filter(
                "strict",
                ("age",),
                coarsen=(
                    Coarsen("age", "round", 10.0),
                    Coarsen("postcode", "truncate", 2.0),
                    Coarsen("amount", "buckets", edges=(-1.5, 0.0, 100.0)),
                ),
            ),
        ),
        (
            "{redact: [card, 'AB\\d{6}', \\bemial\\b]}",
            Filter("strict", ("age",), redact=("card", "AB\\d{6}", "\\bemial\\b")),
        ),
    ],
)
def test_a_good_filter_is_read_over_the_usual_one(text: str, found: Filter) -> None:
    """Key by key, so that a route that names a field to keep does not fall out of `strict`."""
    assert filter_of(text) == (found, [])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("strickt", "`filter` must be `open` or `strict`"),
        ("[a]", "`filter` must be a mapping such as"),
        ("{}", "`filter` must be a mapping such as"),
        ("{mod: open}", "did you mean `mode`?"),
        ("{pseudonymize: [a]}", "did you mean `pseudonymise`?"),
        ("{keep: age}", "`keep` must be a list such as `[age, postcode]` or `off`"),
        ("{keep: none}", "to do without it, write `off`"),
        ("{keep: []}", "not an empty list"),
        ("{encrypt: [{a: b}]}", "`encrypt` must be a single value"),
        (f"{{keep: [{'x' * 101}]}}", "at most 100"),
        ("{coarsen: [age]}", "`coarsen` must be a mapping such as"),
        ("{coarsen: {age: 10}}", "`age` must be a mapping such as `{round: 10}`"),
        ("{coarsen: {age: {rond: 10}}}", "did you mean `round`?"),
        ("{coarsen: {age: {round: 10, truncate: 1}}}", "exactly one way"),
        ("{coarsen: {age: {round: 0}}}", "`round` must be above 0"),
        ("{coarsen: {age: {truncate: 0.5}}}", "`truncate` must be a whole number"),
        ("{coarsen: {age: {buckets: 10}}}", "`buckets` must be a list"),
        ("{coarsen: {age: {buckets: [10, 5]}}}", "`buckets` must grow, each once: 5 cannot stand behind 10"),
        (f"{{coarsen: {{age: {{buckets: {list(range(MOST_EDGES + 1))}}}}}}}", "at most 100 are possible"),
        ("{redact: [emial]}", "A word that is to be redacted itself is written `\\bemial\\b`"),
        ("{redact: ['(']}", "`(` cannot be a pattern of `redact`"),
        ("{redact: ['(a+)+$']}", "cannot be a pattern of `redact`"),
        (f"{{redact: [{', '.join(f'x{n}' for n in range(MOST_PATTERNS + 1))}]}}", "at most 50 are possible"),
    ],
)
def test_a_mistake_is_told_once(text: str, says: str) -> None:
    """One sentence each, and the filter stays as strict as it was."""
    found, [message] = filter_of(text)
    assert says in message
    assert found.mode == "strict"


def test_every_mistake_is_told_at_once() -> None:
    """Nobody wants to save five times."""
    _, messages = filter_of("{mode: x, keep: 1, coarsen: {a: {round: 0}, b: 1}, redact: ['[', emial]}")
    assert len(messages) == 6


def test_all_keys_of_a_filter_can_be_written() -> None:
    """Each field of the data is a key of the file."""
    assert set(FILTER_KEYS) == set(Filter.__slots__)
    assert Filter().redact == PATTERNS
