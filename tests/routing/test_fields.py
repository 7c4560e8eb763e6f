"""Single values of routing.yaml: each is read, or refused with a sentence of its own."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.routing import fields
from gateway.routing.report import Report
from gateway.routing.yaml_nodes import Scalar

Reader = Callable[[Report, Scalar], object]

READERS: dict[str, Reader] = {
    "name": lambda report, node: fields.name(report, node, "name"),
    "token": lambda report, node: fields.token(report, node, "header", "x-user-id"),
    "decimal": lambda report, node: fields.decimal(report, node, "blue"),
    "replicas": lambda report, node: fields.whole(report, node, "replicas", 1, 64),
    "duration": lambda report, node: fields.duration(report, node, "total"),
    "days": lambda report, node: fields.duration(report, node, "hsts", zero=True, days=30),
    "path": fields.path,
    "service": lambda report, node: fields.service(report, node, "stable", {"blue": None}),
    "address": lambda report, node: fields.address(report, node, "listen", "127.0.0.1:8080"),
}


def written(value: str) -> Scalar:
    """Return a value as if it stood in the file."""
    return Scalar(value, 7, 9, 0, len(value), "")


@pytest.mark.parametrize(
    ("reader", "value", "meaning"),
    [
        ("name", "on", "on"),
        ("name", "1e3", "1e3"),
        ("name", "v1.2_b-3", "v1.2_b-3"),
        ("name", "x" * 63, "x" * 63),
        ("token", "X-User-Id", "X-User-Id"),
        ("decimal", "90", 90.0),
        ("decimal", "0", 0.0),
        ("decimal", "0.001", 0.001),
        ("decimal", "007", 7.0),
        ("replicas", "1", 1),
        ("replicas", "64", 64),
        ("duration", "250ms", 0.25),
        ("duration", "10m", 600.0),
        ("duration", "1h30m", 5400.0),
        ("duration", "1m500ms", 60.5),
        ("duration", "1.5s", 1.5),
        ("duration", "24h", 86400.0),
        ("days", "30d", 2_592_000.0),
        ("days", "1d12h", 129_600.0),
        ("days", "2w", 1_209_600.0),
        ("days", "1w2d", 777_600.0),
        ("days", "0s", 0.0),
        ("path", "/", "/"),
        ("path", "/v2/models/late", "/v2/models/late"),
        ("path", "/a.b/~c/(d)/e:f", "/a.b/~c/(d)/e:f"),
        ("service", "blue", "blue"),
    ],
)
def test_a_good_value_is_read(reader: str, value: str, meaning: object) -> None:
    """Readers return what the value means, in seconds where it is a duration."""
    report = Report()
    assert READERS[reader](report, written(value)) == meaning
    assert report.problems == []


@pytest.mark.parametrize(
    ("reader", "value", "says"),
    [
        ("name", "-x", "a letter or digit first"),
        ("name", "a b", "cannot be a name"),
        ("name", "größe", "cannot be a name"),
        ("name", "x" * 64, "up to 63"),
        ("token", "x user", "cannot be the name of a header"),
        ("token", "a:", "cannot be the name of a header"),
        ("decimal", "-1", "must not be negative"),
        ("decimal", "-0", "must not be negative"),
        ("decimal", "nan", "finite"),
        ("decimal", ".NaN", "finite"),
        ("decimal", "+inf", "finite"),
        ("decimal", "Infinity", "finite"),
        ("decimal", "90%", "so write `90`"),
        ("decimal", "2.5 %", "so write `2.5`"),
        ("decimal", "1,5", "decimal point"),
        ("decimal", "1e3", "without an exponent"),
        ("decimal", "9" * 400, "at most nine digits"),
        ("decimal", "1.", "at most nine digits"),
        ("decimal", ".5", "at most nine digits"),
        ("decimal", "1_000", "plain number"),
        ("decimal", "0x10", "plain number"),
        ("decimal", "+5", "plain number"),
        ("decimal", "٣", "plain number"),
        ("replicas", "0", "from 1 to 64"),
        ("replicas", "65", "from 1 to 64"),
        ("replicas", "1.0", "from 1 to 64"),
        ("duration", "5", "say the unit, as in `5s`"),
        ("duration", "5 s", "write it as"),
        ("duration", "1d", "write it as"),
        ("duration", "30m1h", "write it as"),
        ("duration", "0s", "longer than nothing"),
        ("duration", "25h", "at most 24h"),
        ("days", "31d", "must be at most 30d"),
        ("days", "5w", "must be at most 30d"),
        ("days", "d", "write it as `365d`"),
        ("days", "5", "say the unit, as in `5s`, `5m`, `5h` or `5d`"),
        ("path", "v2", "write `/v2`"),
        ("path", "a/*", "write `/a`"),
        ("path", "./a//b/", "write `/a/b`"),
        ("path", "*", "write `/`"),
        ("path", "http://x/v2", "without scheme and host"),
        ("path", "/v2?a=b", "query"),
        ("path", "/v2//x", "write `/v2/x`"),
        ("path", "/v2/", "write `/v2` "),
        ("path", "/v2/../x", "segments"),
        ("path", "/./x", "segments"),
        ("path", "/v2/*", "no wildcards: a path covers everything below it, so write `/v2`"),
        ("path", "/v2//**", "write `/v2`"),
        ("path", "/a b", "may hold only"),
        ("path", "/%61", "may hold only"),
        ("path", "/é", "may hold only"),
        ("service", "bleu", "did you mean `blue`?"),
        ("address", "8080", "write it like `127.0.0.1:8080`"),
    ],
)
def test_a_bad_value_is_refused_in_words(reader: str, value: str, says: str) -> None:
    """One problem, at the place of the value, that says what to write."""
    report = Report()
    assert READERS[reader](report, written(value)) is None
    [problem] = report.problems
    assert (problem.line, problem.column) == (7, 9)
    assert says in problem.message


@given(st.sampled_from(sorted(READERS)), st.text(max_size=40))
def test_any_value_is_read_or_refused(reader: str, value: str) -> None:
    """No text makes a reader raise, and None always comes with a problem."""
    report = Report()
    assert (READERS[reader](report, written(value)) is None) == bool(report.problems)


def test_a_service_is_not_doubted_where_the_services_are_unknown() -> None:
    """When `services` itself could not be read, a name is not held against it."""
    report = Report()
    assert fields.service(report, written("any"), "stable", None) == "any"
    assert report.problems == []


@given(st.integers(0, 24 * 3600 * 1000))
def test_a_shown_duration_means_the_same(milliseconds: int) -> None:
    """What is shown can be written in the file and is read as the same number of seconds."""
    shown = fields.shown_duration(milliseconds / 1000)
    assert fields.duration(Report(), written(shown), "header", zero=True) == pytest.approx(
        milliseconds / 1000
    )


def test_a_shown_duration_is_as_people_write_it() -> None:
    """The largest unit that leaves no rest; days only where the file knows them."""
    seconds = (0.0, 0.25, 1.5, 75.0, 300.0, 900.0, 3600.0, 5400.0, 86_400.0)
    assert [fields.shown_duration(each) for each in seconds] == [
        "0s",
        "250ms",
        "1.5s",
        "75s",
        "5m",
        "15m",
        "1h",
        "90m",
        "24h",
    ]
    assert [fields.shown_duration(each, days=True) for each in (86_400.0, 3600.0)] == ["1d", "1h"]
