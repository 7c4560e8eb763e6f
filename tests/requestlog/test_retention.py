"""What has had its time goes: by age, by size, route by route."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from gateway.requestlog.catalog import Sealed, visible
from gateway.requestlog.places import LogPlaces
from gateway.requestlog.policy import LogPolicy
from gateway.requestlog.retention import Holding, Known, expired, longest_keep, retention_step
from tests.requestlog.lake_log import BEGIN, DAY, ask, gap, ids, record, sealed_segment, segment

NOW = 1_000_000.0
A, B = LogPolicy(keep=100.0), LogPolicy(keep=1000.0)


def holding(
    number: int, age: float, rows: dict[str, int], size: int = 1000, table: str = "requests"
) -> Holding:
    """Return what a file holds whose last record is so many seconds old."""
    name = f"{number:019d}"
    return Holding(Sealed(table, "2025-11-21", name, name, 0, Path(name)), size, NOW - age, rows)


def gone(holdings: list[Holding], policies: dict[str, LogPolicy]) -> list[tuple[int, list[str], bool]]:
    """Return the files' numbers, the routes removed from them, and whether they go altogether."""
    return [(int(e.holding.file.first), sorted(e.routes), e.whole) for e in expired(holdings, policies, NOW)]


def test_each_route_keeps_its_records_as_long_as_it_says() -> None:
    """A file goes once nothing in it is to be kept, and is written anew where something is."""
    files = [holding(0, 1001, {"a": 1, "b": 1}), holding(1, 101, {"a": 1, "b": 1}), holding(2, 99, {"a": 1})]
    assert gone(files, {"a": A, "b": B}) == [(0, ["a", "b"], True), (1, ["a"], False)]


def test_records_of_no_known_route_stay_as_long_as_the_longest() -> None:
    """Those that no route matched, and those of routes that are no more; gaps as well."""
    files = [
        holding(n, age, {route: 1}) for n, (age, route) in enumerate(((999, ""), (1001, ""), (1001, "old")))
    ]
    assert gone(files, {"a": A, "b": B}) == [(1, [""], True), (2, ["old"], True)]
    assert gone([holding(0, 29 * 86_400, {"x": 1}), holding(1, 31 * 86_400, {"x": 1})], {}) == [
        (1, ["x"], True)
    ]
    assert (longest_keep({"a": A, "b": B}), longest_keep({})) == (1000.0, LogPolicy().keep)


def test_the_oldest_go_where_a_route_takes_too_much() -> None:
    """By its share of the rows; the newest file of a table stays, however large."""
    policy = {"a": LogPolicy(keep=1e9, max_size=1500), "b": LogPolicy(keep=1e9)}
    files = [holding(n, 100 - n, {"a": 1, "b": 1}) for n in range(4)]
    assert gone(files, policy) == [(0, ["a"], False)]
    assert gone([holding(0, 5, {"a": 1}, size=10**9)], policy) == []
    both = [
        holding(0, 5, {"a": 1}, 2000),
        holding(0, 5, {"a": 1}, 2000, "predictions"),
        holding(1, 4, {"a": 1}),
    ]
    assert gone(both, policy) == [(0, ["a"], True)]


@given(
    st.lists(st.tuples(st.floats(0, 2000), st.integers(1, 5000)), max_size=20),
    st.floats(1, 2000),
    st.integers(1, 20_000),
)
def test_what_is_left_is_within_the_limits(files: list[tuple[float, int]], keep: float, most: int) -> None:
    """And the rest is a stretch up to now: nothing goes that is newer than what stays."""
    found = [holding(n, age, {"a": 1}, size) for n, (age, size) in enumerate(files)]
    dropped = {e.holding.file for e in expired(found, {"a": LogPolicy(keep=keep, max_size=most)}, NOW)}
    left = [h for h in found if h.file not in dropped]
    assert all(h.last >= NOW - keep for h in left)
    assert len(left) <= 1 or sum(h.size for h in left) <= most
    oldest_left = min((h.last for h in left), default=NOW)
    assert all(h.last <= oldest_left for h in found if h.file in dropped)


def test_it_is_done_to_the_files(tmp_path: Path) -> None:
    """Records, predictions and gaps; labels and open segments are left alone."""
    places = LogPlaces(tmp_path)
    sealed_segment(places, 0, [record(0), record(1, route="other"), record(2, route=None), gap(1)])
    sealed_segment(places, DAY // 1_000_000, [record(3, ts=BEGIN + DAY)])
    segment(places, 2 * DAY // 1_000_000, [record(4)])
    policies = {"late": LogPolicy(keep=60.0), "other": LogPolicy(keep=7200.0)}
    known = Known()
    assert retention_step(places, policies, BEGIN / 1e6 + 30, known) == []
    assert [e.whole for e in retention_step(places, policies, BEGIN / 1e6 + 3600, known)] == [False, False]
    assert ids(places) == ids(places, "predictions") == [1, 2, 3, 4]
    assert len(known.holdings) == len(visible(places).sealed) == 5
    assert [e.whole for e in retention_step(places, policies, BEGIN / 1e6 + 9000, known)] == [True] * 3
    assert ids(places) == [3, 4]
    assert ask(places, "SELECT count(*) FROM gaps") == [(0,)]
    assert [path.name for path in places.requests.iterdir()] == ["day=2025-11-22"]
    assert retention_step(places, policies, BEGIN / 1e6 + 9000) == []
