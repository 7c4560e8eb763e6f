"""What is wrong with a query, and what was probably meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.errors import GatewayError
from gateway.requestlog.lake import connect
from gateway.requestlog.places import LogPlaces
from gateway.requestlog.query import run
from gateway.requestlog.query_errors import in_words
from tests.requestlog.lake_log import record, segment


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT latencyms FROM requests", "there is no column 'latencyms' (is 'latency_ms' meant?)"),
        ("SELECT r.versoin FROM requests r", "there is no column 'versoin' (is 'version' meant?)"),
        ("SELECT carier FROM predictions", "there is no column 'carier' (is 'carrier' meant?)"),
        ("SELECT carrier FROM requests", "'carrier' in what the query reads, but in the view 'predictions'"),
        ("SELECT label FROM requests", "'label' in what the query reads, but in the view 'labels'"),
        ("SELECT author FROM requests", "'author' in what the query reads, but in the view 'revisions'"),
        ("SELECT authr FROM requests", "there is no column 'authr' (is 'path' meant?)"),
        ("SELECT reasn FROM gaps", "(is 'reason' meant?)"),
        ("SELECT decrypt('x', 'y')", "decrypt needs the key that the log was written with"),
        ("SELECT zzzzzzzz FROM requests", "there is no column 'zzzzzzzz':"),
        ("FROM request", "there is no view 'request' (is 'requests' meant?); `gateway query` lists them"),
        ("FROM nonsense", "there is no view 'nonsense'; `gateway query` lists them"),
        ("SELECT max( FROM requests", "this is not SQL: Parser Error"),
        ("SELECT nosuch(1)", "nosuch does not exist"),
        ("SELECT 'x'::INTEGER", "Could not convert string 'x'"),
    ],
)
def test_mistakes_are_named(sql: str, said: str, tmp_path: Path) -> None:
    """With the line as the user wrote it, and nothing of how it was asked."""
    places = LogPlaces(tmp_path)
    segment(places, 0, [record(0)])
    with connect(places) as lake, pytest.raises(GatewayError) as refused:
        run(lake, sql)
    text = str(refused.value)
    assert said in text
    assert "DESCRIBE" not in text
    assert "LINE 2" not in text
    if "LINE 1" in text:
        assert f"LINE 1: {sql}" in text


def test_the_line_is_the_users_own(tmp_path: Path) -> None:
    """In what was read before anything was put around it, too."""
    with connect(LogPlaces(tmp_path)) as lake, pytest.raises(GatewayError, match=r"LINE 2: FROM FROM"):
        run(lake, "SELECT 1\nFROM FROM")


def test_other_errors_are_left_as_they_are(tmp_path: Path) -> None:
    """They are no matter of the query."""
    error = OSError("the disk went away")
    with connect(LogPlaces(tmp_path)) as lake:
        assert in_words(lake, error, 1.0) is error
