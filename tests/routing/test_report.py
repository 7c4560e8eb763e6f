"""Collecting everything that is wrong with a file."""

from __future__ import annotations

import pytest

from gateway.errors import ConfigError, Problem
from gateway.routing.report import MAX_PROBLEMS, Report, described, entries, mapping, sequence, shown, text
from gateway.routing.yaml_nodes import Mapping, Node, Refused, Scalar
from gateway.routing.yaml_tree import read


def node(written: str) -> Node:
    """Return the value of `key` in `key: written`."""
    root, _ = read(f"key: {written}\n")
    assert isinstance(root, Mapping)
    return root.pairs[0][1]


def messages(report: Report) -> list[str]:
    """Return what was noted."""
    return [problem.message for problem in report.problems]


def test_nothing_noted_raises_nothing() -> None:
    """A report without problems lets the file pass."""
    Report().check("routing.yaml")


def test_all_problems_come_in_the_order_of_the_file() -> None:
    """Whatever order they were found in, a person reads them from top to bottom."""
    report = Report([Problem(9, 1, "last"), Problem(2, 5, "second"), Problem(2, 1, "first")])
    with pytest.raises(ConfigError) as caught:
        report.check("routing.yaml")
    assert str(caught.value) == "routing.yaml:2:1: first\nrouting.yaml:2:5: second\nrouting.yaml:9:1: last"


def test_very_many_problems_are_counted() -> None:
    """After the first fifty the rest is one line, at the place where it begins."""
    report = Report([Problem(line, 1, "x") for line in range(1, MAX_PROBLEMS + 38)])
    with pytest.raises(ConfigError) as caught:
        report.check("routing.yaml")
    assert len(caught.value.problems) == MAX_PROBLEMS + 1
    assert str(caught.value.problems[-1]) == "51:1: and 37 more problems from here on"


def test_an_unknown_name_is_told_its_neighbour_and_the_known_ones() -> None:
    """The nearest known name is suggested, a long list is cut."""
    report = Report()
    assert report.unknown(Scalar("gren", 1, 1, 0, 4, ""), "service", ["blue", "green"]) == "green"
    assert report.unknown(Scalar("zzz", 1, 1, 0, 3, ""), "service", [f"s{n}" for n in range(20)]) == ""
    assert messages(report) == [
        "`gren` is not a known service; did you mean `green`? Known: blue, green",
        "`zzz` is not a known service. Known: s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11 and 8 more",
    ]


def test_neighbours_are_not_sought_for_ever() -> None:
    """Beyond what is shown anyway, the slow search is left out."""
    report = Report([Problem(1, 1, "x")] * (MAX_PROBLEMS + 1))
    assert report.unknown(Scalar("gren", 1, 1, 0, 4, ""), "service", ["green"]) == ""
    assert messages(report)[-1] == "`gren` is not a known service"


def test_the_kind_of_a_node_is_insisted_on() -> None:
    """A mapping, a list and a single value are told apart, with an example of what was wanted."""
    report = Report()
    assert mapping(report, node("[a]"), "weights", "{blue: 100}") is None
    assert sequence(report, node("a"), "urls", "[x]") is None
    assert text(report, node("{a: 1}"), "path", "/v2") is None
    assert text(report, node(""), "path", "/v2") is None
    assert text(report, node('""'), "path", "/v2") is None
    assert messages(report) == [
        "`weights` must be a mapping such as `{blue: 100}`, not a list",
        "`urls` must be a list such as `[x]`, not `a`",
        "`path` must be a single value such as `/v2`, not a mapping",
        "`path` is empty; it must be a single value such as `/v2`",
        "`path` must be a single value such as `/v2`, not an empty text",
    ]


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("|\n  a", "not in a `|` block"),
        ('"a\\tb"', "invisible characters in it: `a\\u0009b`"),
        ("“a”", "typographic quotes"),
    ],
)
def test_a_value_is_one_visible_line(written: str, says: str) -> None:
    """Blocks, control characters and typographic quotes are mistakes in every value here."""
    report = Report()
    assert text(report, node(written), "path", "/v2") is None
    assert says in messages(report)[0]


def test_what_was_complained_about_is_not_told_again() -> None:
    """A value refused by the tree makes every reader silent."""
    report = Report()
    refused = Refused(1, 1)
    assert mapping(report, refused, "a", "") is None
    assert sequence(report, refused, "a", "") is None
    assert text(report, refused, "a", "") is None
    assert report.problems == []


def test_a_misspelt_key_counts_as_the_one_that_was_meant() -> None:
    """One mistake gives one message: the key that was surely meant is there, with nothing to say about it."""
    report = Report()
    found = node("{wieghts: 1, path:/v2, name: a, xyz: 1}")
    assert isinstance(found, Mapping)
    given = entries(report, found, "a route", ("name", "path", "weights"))
    assert {key: type(value) for key, value in given.items()} == {
        "name": Scalar,
        "weights": Refused,
        "path": Refused,
    }
    assert messages(report) == [
        "`wieghts` is not a known key of a route; did you mean `weights`? Known: name, path, weights",
        "a space is missing after the `:`; write `path: /v2`",
        "`xyz` is not a known key of a route. Known: name, path, weights",
    ]


def test_a_key_of_another_place_is_told_where_it_belongs() -> None:
    """That comes before any neighbour; what is known is listed in full where the key is of nowhere."""
    report = Report(homes={"a service": ("health", "url"), "`limits`": ("url",)})
    found = node("{health: 1, url: 2, retry: 3}")
    assert isinstance(found, Mapping)
    known = tuple(f"k{number}" for number in range(20))
    assert entries(report, found, "a route", ("healthy", *known)) == {}
    assert messages(report) == [
        "`health` is not a key of a route: it is a key of a service; move it there",
        "`url` is not a key of a route: it is a key of a service or of `limits`; move it there",
        f"`retry` is not a known key of a route. Known: healthy, {', '.join(known)}",
    ]


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("{a: 1}", "a mapping"),
        ("{}", "an empty mapping"),
        ("[a]", "a list"),
        ("[]", "an empty list"),
        ("a", "`a`"),
    ],
)
def test_nodes_are_described_in_plain_words(written: str, words: str) -> None:
    """The words of a person who never read the specification."""
    assert described(node(written)) == words


def test_values_are_shown_short_and_visible() -> None:
    """A value in a sentence stays on one line and hides nothing."""
    assert shown("a\nb\u200b") == "a\\u000ab\\u200b"
    assert shown("x" * 100) == "x" * 57 + "..."
