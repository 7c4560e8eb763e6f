"""What a query may be."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from gateway.control.queries.models import QUERY_LIMIT, QUERY_MOST, SQL_LIMIT, NewQuery, WholeRequest
from gateway.requestlog.columns import COLUMNS


def test_a_query_has_a_limit_whether_it_says_one_or_not() -> None:
    """No answer is without bounds."""
    assert NewQuery(sql="SELECT 1").limit == QUERY_LIMIT < QUERY_MOST


@pytest.mark.parametrize(
    "given",
    [
        {"sql": ""},
        {"sql": "x" * (SQL_LIMIT + 1)},
        {"sql": "SELECT 1", "limit": 0},
        {"sql": "SELECT 1", "limit": QUERY_MOST + 1},
        {"sql": "SELECT 1", "limit": "5"},
        {"sql": "SELECT 1", "seconds": 500},
    ],
)
def test_what_is_no_query_is_refused(given: dict[str, object]) -> None:
    """Nothing is converted, nothing unknown is taken."""
    with pytest.raises(ValidationError):
        NewQuery.model_validate(given)


def test_a_request_is_told_with_every_column_of_the_log() -> None:
    """A new column cannot be forgotten here."""
    assert set(WholeRequest.model_fields) == set(COLUMNS) - {"ts"} | {"at", "labels"}
