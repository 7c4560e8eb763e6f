"""Settings as data: the readers that tables are made of."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.routing.read_settings import (
    KIB,
    MIB,
    Reader,
    choice,
    flag,
    is_off,
    meanings,
    percent,
    read_keys,
    seconds,
    shown_size,
    size,
    whole,
)
from gateway.routing.report import Report
from gateway.routing.yaml_nodes import Node, Scalar
from gateway.routing.yaml_tree import read

READERS: dict[str, Reader] = {
    "whole": whole(1, 5),
    "seconds": seconds(),
    "zero": seconds(zero=True),
    "days": seconds(days=365),
    "size": size(0, MIB),
    "percent": percent(),
    "some": percent(zero=False),
    "flag": flag,
    "choice": choice("stable", "fail"),
}


def written(value: str) -> Scalar:
    """Return a value as if it stood in the file."""
    return Scalar(value, 7, 9, 0, len(value), "")


def node(text: str) -> Node:
    """Return the tree of a text."""
    found, _ = read(text)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("reader", "value", "meaning"),
    [
        ("whole", "5", 5),
        ("seconds", "250ms", 0.25),
        ("zero", "0s", 0.0),
        ("days", "365d", 31_536_000.0),
        ("days", "1d12h", 129_600.0),
        ("days", "90s", 90.0),
        ("size", "0", 0),
        ("size", "1000", 1000),
        ("size", "32KiB", 32 * KIB),
        ("size", "32 KiB", 32 * KIB),
        ("size", "1MiB", MIB),
        ("percent", "0", 0.0),
        ("percent", "33.3", 33.3),
        ("some", "100", 100.0),
        ("flag", "true", True),
        ("flag", "false", False),
        ("choice", "fail", "fail"),
    ],
)
def test_a_good_value_is_read(reader: str, value: str, meaning: object) -> None:
    """Bytes, seconds and percent, of the type that the settings have."""
    report = Report()
    found = READERS[reader](report, written(value), "key")
    assert (found, type(found), report.problems) == (meaning, type(meaning), [])


@pytest.mark.parametrize(
    ("reader", "value", "says"),
    [
        ("whole", "6", "from 1 to 5"),
        ("seconds", "0s", "longer than nothing and at most 24h"),
        ("seconds", "1d", "write it as `250ms`"),
        ("zero", "25h", "must be at most 24h"),
        ("days", "366d", "at most 365d"),
        ("days", "1.5d", "write it as `365d`"),
        ("days", "1h1d", "write it as `365d`"),
        ("days", "0d", "longer than nothing"),
        ("size", "1kB", "powers of 1024, so write `1KiB`"),
        ("size", "1 mb", "so write `1MiB`"),
        ("size", "1G", "so write `1GiB`"),
        ("size", "1kib", "so write `1KiB`"),
        ("size", "1TiB", "one with KiB, MiB or GiB"),
        ("size", "1B", "one with KiB, MiB or GiB"),
        ("size", "٣", "one with KiB, MiB or GiB"),
        ("size", "1025KiB", "from 0 to 1MiB"),
        ("size", "9" * 400, "one with KiB, MiB or GiB"),
        ("percent", "100.1", "from 1 to 100, or 0"),
        ("percent", "-1", "from 1 to 100, or 0"),
        ("percent", "50 %", "write `50`"),
        ("percent", "nan", "from 1 to 100, or 0"),
        ("percent", "0.25", "not a fraction, so write percent, as in `25`"),
        ("some", "0.5", "as in `50`"),
        ("some", "0", "from 1 to 100, without"),
        ("flag", "True", "`true` or `false`"),
        ("flag", "on", "`true` or `false`"),
        ("choice", "Fail", "`stable` or `fail`"),
    ],
)
def test_a_bad_value_is_refused_in_words(reader: str, value: str, says: str) -> None:
    """One problem, at the place of the value, that names the key and says what to write."""
    report = Report()
    assert READERS[reader](report, written(value), "key") is None
    [problem] = report.problems
    assert (problem.line, problem.column) == (7, 9)
    assert "`key`" in problem.message
    assert says in problem.message


@given(st.sampled_from(sorted(READERS)), st.text(max_size=20))
def test_any_value_is_read_or_refused(reader: str, value: str) -> None:
    """No text makes a reader raise, and None always comes with a problem."""
    report = Report()
    assert (READERS[reader](report, written(value), "key") is None) == bool(report.problems)


@given(st.integers(0, 1024**4))
def test_a_shown_size_means_the_same(value: int) -> None:
    """What a message shows can be written into the file."""
    assert size(0, 1024**4)(Report(), written(shown_size(value)), "body") == value


def test_sizes_are_shown_short() -> None:
    """The largest unit that leaves a whole number."""
    assert [shown_size(n) for n in (0, 1, 1024, 1536, 64 * KIB, MIB, 1024**3)] == [
        "0",
        "1",
        "1KiB",
        "1536",
        "64KiB",
        "1MiB",
        "1GiB",
    ]


def test_a_table_reads_a_mapping() -> None:
    """Unknown keys are told, wrong values left out, and the nodes come along for their places."""
    report = Report()
    found = read_keys(report, node("{whole: 3, flag: maybe, sice: 1}"), "thing", "{whole: 1}", READERS)
    assert found is not None
    assert found[0] == {"whole": 3}
    assert set(found[1]) == {"whole", "flag", "size"}
    assert report.problems[0].message.startswith("`sice` is not a known key of `thing`; did you mean `size`?")
    assert len(report.problems) == 2
    assert read_keys(report, node("[a]"), "thing", "{whole: 1}", READERS) is None
    assert meanings(report, {"other": written("1")}, READERS) == {}


def test_off_is_a_word() -> None:
    """Only `off` is off: `false` and nothing are mistakes where a mapping belongs."""
    assert is_off(written("off"))
    assert not is_off(written("false"))
    assert not is_off(node("{off: 1}"))
