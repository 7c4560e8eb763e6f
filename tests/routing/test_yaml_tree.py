"""The tree of a YAML text: strings with places, and a refusal of everything routing.yaml has no use for."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gateway.routing.yaml_nodes import Mapping, Node, Refused, Scalar, Sequence
from gateway.routing.yaml_tree import MAX_BYTES, MAX_DEPTH, collector_paused, read

FAIR = sorted((Path(__file__).parent / "fair").glob("*.yaml"))


def scalars(node: Node) -> Iterator[Scalar]:
    """Yield every scalar of a tree."""
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from scalars(item)
    elif isinstance(node, Mapping):
        for key, value in node.pairs:
            yield key
            yield from scalars(value)


def whole(text: str) -> Mapping:
    """Return the tree of a text without problems that is a mapping."""
    root, problems = read(text)
    assert problems == []
    assert isinstance(root, Mapping)
    return root


def complaints(text: str) -> list[tuple[int, int, str]]:
    """Return line, column and message of every problem."""
    return [(p.line, p.column, p.message) for p in read(text)[1]]


@pytest.mark.parametrize(
    "word", ["on", "n", "1e3", "null", "~", "0x10", "2024-01-01", "012", "1_000", ".nan"]
)
def test_no_scalar_is_given_a_type(word: str) -> None:
    """What YAML 1.1 takes for a boolean, a number or a date stays the string that was written."""
    root = whole(f"{word}: {word}\n")
    assert [scalar.value for scalar in scalars(root)] == [word, word]


@pytest.mark.parametrize("path", FAIR, ids=lambda path: path.stem)
def test_offsets_are_those_of_the_text(path: Path) -> None:
    """Cutting a scalar's span out of the text gives it back, after byte order marks and emoji too."""
    text = path.read_bytes().decode()
    for scalar in scalars(whole(text)):
        written = text[scalar.start : scalar.end]
        assert written == f"{scalar.style}{scalar.value}{scalar.style}"
        before = text[: scalar.start].removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
        assert (scalar.line, scalar.column) == (len(before), len(before[-1]) + 1)


@pytest.mark.parametrize("path", FAIR, ids=lambda path: path.stem)
def test_both_loaders_see_the_same(path: Path) -> None:
    """The loader in C and the one in Python give equal trees."""
    text = path.read_bytes().decode()
    assert read(text, yaml.CSafeLoader) == read(text, yaml.SafeLoader)


@given(st.text(alphabet="ab: -{}[],'\"#\n é😀", max_size=60))
def test_both_loaders_agree_on_any_text_they_accept(text: str) -> None:
    """Where neither loader complains, the trees are equal down to every offset."""
    in_c, in_python = read(text, yaml.CSafeLoader), read(text, yaml.SafeLoader)
    if not in_c[1] and not in_python[1]:
        assert in_c == in_python


@given(st.text(max_size=200))
def test_any_text_is_answered(text: str) -> None:
    """No text raises; where there is no tree there is at least one problem."""
    root, problems = read(text)
    assert root is not None or problems


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing yet\n", "---\n", "\ufeff", "---\n...\n"])
def test_an_empty_file_is_told_what_it_needs(text: str) -> None:
    """A file without content is refused as a whole, with the least that would do."""
    [(line, _, message)] = complaints(text)
    assert line == 0
    assert "needs at least services:" in message


def test_a_repeated_key_names_the_line_of_the_first() -> None:
    """Of two equal keys neither wins silently; every further one is told."""
    assert sorted(complaints("a: 1\nb: 2\na: 3\nb: {c: 1, c: 2}\n")) == [
        (3, 1, "`a` is here twice, first on line 1; keep one of them"),
        (4, 1, "`b` is here twice, first on line 2; keep one of them"),
        (4, 11, "`c` is here twice, first on line 4; keep one of them"),
    ]


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("a: &x 1\n", 1, "`&x` is an anchor"),
        ("a: 1\nb: *x\n", 2, "`*x` is an alias"),
        ("a:\n  <<: {b: 1}\n", 2, "`<<` (merging another mapping)"),
        ("a: !!int 1\n", 1, "`!!int` is a tag"),
        ("a: !mine 1\n", 1, "`!mine` is a tag"),
        ("a: 1\n---\nb: 1\n", 2, "a second document"),
        ("a: 1\n[b]: 2\n", 2, "a key must be plain text"),
        ("a: {{ b }}\n", 1, "`{{` begins a template"),
        ("? |\n  a\n: 1\n", 1, "a key must be plain text"),
    ],
)
def test_what_has_no_use_here_is_refused(text: str, line: int, says: str) -> None:
    """Anchors, aliases, merges, tags, further documents and odd keys are named at their place."""
    [(found, _, message)] = complaints(text)
    assert found == line
    assert message.startswith(says)


def test_a_refused_value_leaves_the_rest_of_the_tree() -> None:
    """An alias is complained about once and the keys around it are still read."""
    root, problems = read("a: *x\nb: 2\n")
    assert len(problems) == 1
    assert isinstance(root, Mapping)
    assert [(key.value, type(value)) for key, value in root.pairs] == [("a", Refused), ("b", Scalar)]


def test_a_value_left_out_is_found_at_its_key() -> None:
    """The place of a missing value is that of its key, where a person looks for it."""
    root = whole("a: 1\nkey:   # nothing\n")
    value = root.pairs[1][1]
    assert isinstance(value, Scalar)
    assert (value.value, value.line, value.column) == ("", 2, 1)


@pytest.mark.parametrize("unit", ["[", "{", "- ", "? ", "a: {", "{a: ["])
def test_a_hostile_depth_is_refused_early(unit: str) -> None:
    """A hundred thousand levels give one problem, not a crash."""
    [(_, _, message)] = complaints(unit * 100_000)
    assert message == f"this is nested more than {MAX_DEPTH} levels deep"


def test_a_file_that_is_too_large_is_refused_unread() -> None:
    """Above the limit nothing is parsed."""
    [(line, _, message)] = complaints("#" * (MAX_BYTES + 1))
    assert line == 0
    assert "larger than 8 MiB" in message


def test_the_collector_runs_again_afterwards() -> None:
    """Pausing the garbage collector ends with the block, also when it raises, and keeps an earlier choice."""

    def fail() -> None:
        with collector_paused():
            assert not gc.isenabled()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert gc.isenabled()
    gc.disable()
    try:
        with collector_paused():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
