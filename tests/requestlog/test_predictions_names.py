"""Names and types of inputs and outputs come from the records."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gateway.requestlog.lake import connect
from gateway.requestlog.places import LogPlaces
from gateway.requestlog.predictions_names import MOST, Names
from gateway.requestlog.predictions_schema import BASE
from gateway.requestlog.views import columns_of
from tests.requestlog.lake_log import ask, record, sealed_segment, segment


@pytest.fixture(params=["open", "sealed"])
def write(request: pytest.FixtureRequest) -> Any:
    """Write a segment: what `predictions` shows is the same whether it is sealed or not."""
    return segment if request.param == "open" else sealed_segment


def typed(places: LogPlaces) -> dict[str, str]:
    """Return the columns beyond those that are always there."""
    with connect(places) as lake:
        return dict(list(columns_of(lake.connection, "predictions").items())[len(BASE) :])


def test_types_come_from_the_values(write: Any, tmp_path: Path) -> None:
    """Whole numbers, numbers, text, truth values; the rest is text in JSON."""
    places = LogPlaces(tmp_path)
    one = {
        "i": [1],
        "d": [1],
        "t": ["x"],
        "b": [True],
        "n": [None],
        "v": [[1, 2.5]],
        "o": [{"k": 1}],
        "m": [1],
    }
    two = {"i": [-2], "d": [0.5], "t": [None], "b": [False], "n": [None], "v": [[3]], "o": [None], "m": ["z"]}
    write(places, 0, [record(0, inputs=one, outputs=None), record(1, inputs=two, outputs=None)])
    assert typed(places) == {
        "i": "BIGINT", "d": "DOUBLE", "t": "VARCHAR", "b": "BOOLEAN", "n": "BOOLEAN",
        "v": "VARCHAR", "o": "VARCHAR", "m": "VARCHAR",
    }  # fmt: skip
    assert ask(places, "SELECT i, d, t, b, n, v, o, m FROM predictions ORDER BY id") == [
        (1, 1.0, "x", True, None, "[1,2.5]", '{"k":1}', "1"),
        (-2, 0.5, None, False, None, "[3]", None, "z"),
    ]


def test_integers_beyond_64_bits_with_a_sign_are_text(write: Any, tmp_path: Path) -> None:
    """Hashes used as identities keep every digit; long fractions do not make text of other columns."""
    places = LogPlaces(tmp_path)
    big = 2**64 - 1
    write(places, 0, [record(0, inputs={"h": [big], "x": [7]}, outputs={"p": [0.0000123456789012345678]})])
    assert typed(places) == {"h": "VARCHAR", "x": "BIGINT", "p": "DOUBLE"}
    assert ask(places, "SELECT h, x FROM predictions") == [(str(big), 7)]


def test_what_clients_invent_makes_no_columns(write: Any, tmp_path: Path) -> None:
    """Names of requests that were refused, empty and unprintable ones, and more than a few hundred."""
    places = LogPlaces(tmp_path)
    many = {f"i{n}": [n] for n in range(MOST + 50)}
    write(
        places,
        0,
        [
            record(0, inputs={"good": [1], "": [2], "a\x07": [3]}, outputs=None),
            record(1, inputs={"evil": [1]}, outputs=None, status=400),
            *[record(n, inputs=many, outputs=None) for n in range(2, 4)],
        ],
    )
    columns = typed(places)
    assert "evil" not in columns
    assert len(columns) <= MOST
    assert ask(places, "SELECT count(*) FROM requests WHERE inputs->>'evil' IS NOT NULL") == [(1,)]


def test_the_most_frequent_names_are_kept() -> None:
    """In the order of their first use."""
    names = Names()
    names.add('{"rare":["BIGINT"]}', 1)
    for number in range(MOST):
        names.add(f'{{"n{number}":["DOUBLE"]}}', 2)
    names.add(None, 100)
    assert list(names.frequent()) == [f"n{number}" for number in range(MOST)]
