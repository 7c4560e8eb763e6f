"""A condition means the same in SQL and on a record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gateway.cli.common import WrongUsage
from gateway.cli.tail_filter import Condition, check_names, conditions, with_pseudonyms
from gateway.requestlog.places import LogPlaces
from gateway.routing.parse import parse
from tests.cli.site import ROUTING
from tests.requestlog.lake_log import ask, record, segment

RECORDS: list[dict[str, Any]] = [
    record(0),
    record(1, version="green", status=503, latency_ms=300.5, key="it's"),
    record(2, route=None, status=404, inputs=None, outputs=None),
    record(3, inputs={"carrier": ["DL"], "x.y": [True]}, outputs={"late_probability": [0.75]}, traced=True),
    record(4, inputs={"carrier": [None], "x.y": [False]}, status=0),
    record(5, inputs={"carrier": [12], "x.y": ["7"]}),
]


@pytest.mark.parametrize(
    ("options", "numbers"),
    [
        ({}, [0, 1, 2, 3, 4, 5]),
        ({"route": "late"}, [0, 1, 3, 4, 5]),
        ({"version": "green"}, [1]),
        ({"status": "5xx"}, [1]),
        ({"status": "404"}, [2]),
        ({"status": "0"}, [4]),
        ({"where": ["latency_ms > 250"]}, [1]),
        ({"where": ["latency_ms>=4.5 AND status = 200"]}, [3, 5]),
        ({"where": ["status != 200", "route = late"]}, [1, 4]),
        ({"where": ["inputs.carrier = DL"]}, [3]),
        ({"where": ["inputs.carrier != 'DL'"]}, [0, 1, 5]),
        ({"where": ["inputs.carrier='DL'"]}, [3]),
        ({"where": ['inputs.carrier="DL"']}, [3]),
        ({"where": ["key = 'it''s'"]}, [1]),
        ({"where": ["key = 'this and that' AND status = 200"]}, []),
        ({"where": ["inputs.carrier = 12"]}, [5]),
        ({"where": ["inputs.x.y = true"]}, [3]),
        ({"where": ["inputs.x.y < 10"]}, [5]),
        ({"where": ["outputs.late_probability > 0.5"]}, [3]),
        ({"where": ["traced = true"]}, [3]),
        ({"where": ["key = it's"]}, [1]),
        ({"where": ["version <> blue"]}, [1]),
        ({"where": ["inputs.nothing = 1"]}, []),
    ],
)
def test_both_find_the_same(options: dict[str, Any], numbers: list[int], tmp_path: Path) -> None:
    """A field that is not there meets no condition."""
    places = LogPlaces(tmp_path)
    segment(places, 0, RECORDS)
    wanted = conditions(
        options.get("route", ""),
        options.get("version", ""),
        options.get("status", ""),
        options.get("where", []),
    )
    assert [r["n"] for r in RECORDS if all(c.holds(r) for c in wanted)] == numbers
    where = " AND ".join(c.sql() for c in wanted) or "true"
    assert [row[0] for row in ask(places, f"SELECT n FROM requests WHERE {where} ORDER BY n")] == numbers


@pytest.mark.parametrize(
    ("status", "where", "said"),
    [
        ("5", [], None),
        ("ok", [], "write it as 503 or 5xx"),
        ("6xx", [], "write it as 503 or 5xx"),
        ("", ["latency_ms"], "write it as in latency_ms > 250"),
        ("", ["latency > 2"], "there is no field latency"),
        ("", ["inputs = 2"], None),
        ("", ["latency_ms > slow"], "latency_ms is a number"),
        ("", ["status = 500 OR status = 503"], "only AND"),
        ("", ["key = 'this or that'"], None),
        ("", ["notes.x = 1"], "there is no field notes.x"),
    ],
)
def test_mistakes_are_said(status: str, where: list[str], said: str | None) -> None:
    """As wrong usage."""
    if said is None:
        assert conditions("", "", status, where)
        return
    with pytest.raises(WrongUsage, match=said):
        conditions("", "", status, where)


def test_users_are_found_by_the_keys_of_their_requests() -> None:
    """What is a pseudonym stays as it is, and so does everything that is no key."""
    known = "p_" + "a1" * 12
    wanted = conditions("", "", "", ["key = user-4711", f"key != {known}", "key > p", "path = user-4711"])
    assert with_pseudonyms(wanted, lambda key: f"<{key}>") == [
        Condition("key", "=", "<user-4711>"),
        Condition("key", "!=", known),
        Condition("key", ">", "p"),
        Condition("path", "=", "user-4711"),
    ]


def test_names_that_the_plan_does_not_know_are_refused() -> None:
    """With those that it knows."""
    plan = parse(ROUTING, model_exists=lambda _: None)
    check_names(plan, "late", "")
    for route, version in [("late", plan.routes[0].stable), ("", plan.routes[0].stable)]:
        check_names(plan, route, version)
    with pytest.raises(WrongUsage, match=r"--route nope: there is no such route; there are late, "):
        check_names(plan, "nope", "")
    with pytest.raises(
        WrongUsage, match=rf"--version v1: .* of route late; there are .*{plan.routes[0].stable}"
    ):
        check_names(plan, "late", "v1")
    with pytest.raises(WrongUsage, match="--version v1: there is no such version; there are "):
        check_names(plan, "", "v1")
