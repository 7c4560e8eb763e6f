"""A DuckDB with the view `requests` of given records, and a database of summaries."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.requestlog.lake import Lake, connect
from gateway.requestlog.places import LogPlaces
from gateway.watching import store
from tests.watching.watched import Watched, plan_of, watched

MakeLake = Callable[[list[dict[str, Any]]], Lake]


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Return an empty database of summaries."""
    with store.opened(tmp_path / "watch.db") as connection:
        yield connection


@pytest.fixture
def lake_of(tmp_path: Path) -> Iterator[MakeLake]:
    """Return a function that makes a log of records and opens it."""
    made: list[Lake] = []

    def make(records: list[dict[str, Any]]) -> Lake:
        it = Watched(tmp_path, plan_of())
        it.write(records)
        made.append(connect(LogPlaces(tmp_path / "state" / "log"), threads=1, policies={}))
        return made[-1]

    yield make
    for lake in made:
        lake.close()


@pytest.fixture
def it(tmp_path: Path) -> Watched:
    """Return a gateway with a model, to be watched by the default rules."""
    return watched(tmp_path, plan_of())
