"""How requests, queries and courses are described."""

from __future__ import annotations

from gateway.control.openapi import document
from gateway.control.queries.operations import QUERY_OPERATIONS
from gateway.control.queries.requests_asked import WORDS


def test_every_word_of_a_search_is_described() -> None:
    """And none that there is not."""
    found = document()
    told = [one["$ref"].rpartition("/")[2] for one in found["paths"]["/api/v1/requests"]["get"]["parameters"]]
    assert sorted(found["components"]["parameters"][name]["name"] for name in told) == sorted(WORDS)


def test_the_id_of_a_request_is_a_text() -> None:
    """Not a number as that of a silence is; and a record has no revision that a change could be based on."""
    found = document()
    operation = found["paths"]["/api/v1/requests/{id}"]["get"]
    assert operation["parameters"] == [{"$ref": "#/components/parameters/request"}]
    assert "headers" not in operation["responses"]["200"]
    assert found["components"]["parameters"]["request"]["schema"] == {"type": "string"}


def test_a_query_may_be_answered_as_csv() -> None:
    """Which is told beside JSON."""
    content = document()["paths"]["/api/v1/query"]["post"]["responses"]["200"]["content"]
    assert set(content) == {"application/json", "text/csv"}


def test_single_requests_are_not_for_those_limited_to_some_routes() -> None:
    """The values of one route are, since its name is in the path."""
    assert {one.path for one in QUERY_OPERATIONS if not one.is_whole} == {"/api/v1/monitors/{name}/course"}
    assert {one.name for one in QUERY_OPERATIONS if one.role != "viewer"} == {"pseudonym"}
