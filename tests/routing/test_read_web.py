"""Addresses of the web that the gateway itself calls."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.routing.read_web import web_target, web_url, with_variables
from gateway.routing.report import Report
from gateway.routing.yaml_nodes import Scalar


def written(value: str) -> Scalar:
    """Return a value as if it stood in the file."""
    return Scalar(value, 7, 9, 0, len(value), "")


@pytest.mark.parametrize(
    "url",
    [
        "https://ci.example",
        "http://10.0.0.1:8080/gate",
        "https://[::1]:9090/a/b?c=d&e=%20",
        "HTTPS://ci.example?x=[1]",
        "http://localhost/",
    ],
)
def test_a_url_may_have_a_path_and_a_query(url: str) -> None:
    """It is kept as written."""
    report = Report()
    assert (web_url(report, written(url), "url"), report.problems) == (url, [])
    assert (web_target(report, written(url), "url"), report.problems) == (url, [])


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("ci.example/gate", "write `https://ci.example/gate`"),
        ("//ci.example/gate", "has no scheme"),
        ("/gate", "has no scheme"),
        ("ftp://ci.example", "must begin with `http://` or `https://`"),
        ("https://", "cannot be used"),
        ("https:///gate", "cannot be used"),
        ("https://ci.example:0/", "one can listen on but not connect to"),
        ("http://0.0.0.0/", "one can listen on but not connect to"),
        ("http://ci.example:99999/", "a port is at most 65535"),
        ("https://me@ci.example/", "must not carry a user name"),
        ("https://ci.example/#top", "must not have a fragment"),
        ("https://ci.example/a b", "only the characters of a URL"),
        ("https://ci.example/ü", "only the characters of a URL"),
        ("https://ci.example/${A}", "only the characters of a URL"),
        ("https://ci.example/" + "a" * 2000, "is far too long"),
    ],
)
def test_anything_else_is_refused(url: str, says: str) -> None:
    """One sentence names the key, shows the value and says why."""
    report = Report()
    assert web_url(report, written(url), "hook") is None
    [problem] = report.problems
    assert problem.message.startswith("`hook` is ")
    assert says in problem.message


def test_variables_stand_for_parts_of_a_target() -> None:
    """What a variable will hold is not known yet, so what begins with one is believed."""
    report = Report()
    for value in ("${URL}", "${BASE}/gate", "https://${HOST}:${PORT_2}/x", "https://ci.example/${_t}?a=${B}"):
        given = web_target(report, written(value), "webhook")
        if "PORT" in value:
            assert given is None
        else:
            assert given == value
    assert len(report.problems) == 1
    assert web_target(report, written("ftp://${HOST}"), "webhook") is None


def test_a_dollar_alone_is_no_variable() -> None:
    """Only `${` promises one."""
    report = Report()
    assert with_variables(report, written("a $b {c} ${D}"), "secret", "x") == "a $b {c} ${D}"
    assert report.problems == []
    assert with_variables(report, written("a ${b c}"), "secret", "x") is None
    assert "`${` without a name" in report.problems[0].message


@given(st.text(max_size=40), st.sampled_from([web_url, web_target]))
def test_any_text_is_read_or_refused(text: str, reader: type) -> None:
    """No text makes a reader raise, and None always comes with a problem."""
    report = Report()
    assert (reader(report, written(text), "url") is None) == bool(report.problems)
