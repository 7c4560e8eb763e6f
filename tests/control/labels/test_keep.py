"""Labels against the plan."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gateway.control.labels.keep import check, keep
from gateway.errors import ChangeRefused
from gateway.requestlog.label_lines import Label
from gateway.requestlog.labels_seal import label_files
from gateway.requestlog.policy import LabelPolicy, LogPolicy
from gateway.routing.places import Places
from gateway.routing.plan import Route, RoutingPlan, Service

KEYED = LogPolicy(labels=LabelPolicy(key="flight"))
ROUTE = Route("late", "/", "blue", (("blue", 100_000),), log=KEYED)
PLAN = RoutingPlan((Service("blue", urls=("http://127.0.0.1:1",)),), (ROUTE,))
BY_KEY = Label("", 0, "late", "UA1", "1", 1.0)


def test_a_route_with_a_key_takes_labels_by_it() -> None:
    """What its log declares is all that is asked for."""
    check(PLAN, [BY_KEY])


@pytest.mark.parametrize("log", [None, LogPolicy()])
def test_a_route_without_one_does_not(log: LogPolicy | None) -> None:
    """The message says what to write."""
    plan = replace(PLAN, routes=(replace(ROUTE, log=log),))
    with pytest.raises(ChangeRefused, match=r"labels: \{key: <input>\}"):
        check(plan, [BY_KEY])


def test_what_is_kept_is_on_disk(tmp_path: Path) -> None:
    """In the log of this state directory."""
    places = Places(tmp_path)
    keep(places, PLAN, [BY_KEY])
    assert b"UA1" in label_files(places.log)[0].read_bytes()
