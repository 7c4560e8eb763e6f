"""The longest prefix on segment boundaries wins, whatever else there is."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gateway.routing.match import longest_prefix

SEGMENT = st.text(alphabet="ab.", max_size=2)
PATH = st.lists(SEGMENT, max_size=5).map(lambda segments: "/" + "/".join(segments))
PREFIX = st.lists(st.text(alphabet="ab.", min_size=1, max_size=2), max_size=4).map(
    lambda s: "/" + "/".join(s)
)


def naive(prefixes: list[str], path: str) -> str | None:
    """Say the rule once more, slowly: the longest of those that are the path or end where a segment does."""
    fitting = [p for p in prefixes if p == "/" or path == p or path.startswith(p + "/")]
    return max(fitting, key=len, default=None)


@given(st.lists(PREFIX, max_size=12), PATH)
def test_it_agrees_with_trying_every_prefix(prefixes: list[str], path: str) -> None:
    """The look-up by shorter and shorter prefixes finds what a search through all finds."""
    routes = {prefix.encode(): prefix for prefix in prefixes}
    assert longest_prefix(routes, path.encode()) == naive(prefixes, path)


def test_a_prefix_ends_where_a_segment_ends() -> None:
    """`/v2` is no prefix of `/v20`, but of `/v2/` and of what lies below it."""
    routes = {b"/v2": "two", b"/v2/models/late": "late"}
    assert longest_prefix(routes, b"/v2") == "two"
    assert longest_prefix(routes, b"/v2/") == "two"
    assert longest_prefix(routes, b"/v2/models/later") == "two"
    assert longest_prefix(routes, b"/v2/models/late/infer") == "late"
    assert longest_prefix(routes, b"/v20") is None
    assert longest_prefix(routes, b"/") is None
    assert longest_prefix({**routes, b"/": "rest"}, b"/v20") == "rest"


def test_the_cost_does_not_grow_with_the_number_of_routes() -> None:
    """With 10,000 routes a path of three segments takes as many look-ups as with one."""

    class Counting(dict[bytes, int]):
        looked_up = 0

        def get(self, key: bytes, default: Any = None) -> Any:
            self.looked_up += 1
            return super().get(key, default)

    routes = Counting({b"/tenant-%d" % n: n for n in range(10_000)})
    assert longest_prefix(routes, b"/tenant-9999/a/b") == 9999
    assert routes.looked_up == 3
