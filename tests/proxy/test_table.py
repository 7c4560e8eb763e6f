"""A plan as a worker uses it: matched by prefix, compiled when first wanted, remembered up to a limit."""

from __future__ import annotations

import pytest

from gateway.http.strict import Refused
from gateway.proxy.table import LINES_REMEMBERED, LONGEST_REMEMBERED, Table
from tests.proxy.stage import Stage
from tests.proxy.tables import YAML, table_of


def name_of(table: Table, target: str) -> str | None:
    """Return the name of the route of a target."""
    route = table.match(f"GET {target} HTTP/1.1".encode())[1]
    return route.name if route else None


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("/", "root"), ("/x", "root"), ("/ab", "root"), ("/a", "a"), ("/a/", "a"), ("/a/x/y", "a"),
        ("/a/b", "ab"), ("/a/b/c?d", "ab"), ("/a/bc", "a"), ("/a/./b/", "ab"), ("/a/b/../c", "a"),
    ],
)  # fmt: skip
async def test_the_longest_path_on_segment_bounds_wins(stage: Stage, target: str, name: str) -> None:
    """Of the path as it is forwarded."""
    assert name_of(await table_of(stage), target) == name


async def test_without_a_root_route_some_paths_match_nothing(stage: Stage) -> None:
    """They get no route at all."""
    table = await table_of(stage, YAML.replace("path: /,", "path: /z,"))
    assert name_of(table, "/x") is None


async def test_a_plan_says_which_headers_it_looks_at(stage: Stage) -> None:
    """Of all its routes, in lower case."""
    assert (await table_of(stage)).looked_at == {b"x-user", b"cookie", b"x-canary"}


async def test_routes_are_compiled_once_and_lines_are_remembered(stage: Stage) -> None:
    """The second look-up costs next to nothing and gives the very same."""
    table = await table_of(stage)
    line = b"GET /a HTTP/1.1"
    assert table.match(line)[0] is table.match(line)[0]
    assert table.match(line)[1] is table.match(b"GET /a/x HTTP/1.1")[1]


async def test_what_is_remembered_of_lines_has_a_limit(stage: Stage) -> None:
    """In number and in length; a refused line is refused every time."""
    table = await table_of(stage)
    for n in range(3 * LINES_REMEMBERED):
        table.match(b"GET /%d HTTP/1.1" % n)
        assert len(table._lines) <= LINES_REMEMBERED
    long = b"GET /" + b"x" * LONGEST_REMEMBERED + b" HTTP/1.1"
    table.match(long)
    assert long not in table._lines
    for _ in range(2):
        with pytest.raises(Refused):
            table.match(b"GET /.. HTTP/1.1")
