"""What goes wrong every second is logged once."""

from __future__ import annotations

import sqlite3

import pytest

from gateway.errors import ChangeRefused
from gateway.rollout.trouble import Troubles


def test_each_kind_is_logged_once_for_each_route(caplog: pytest.LogCaptureFixture) -> None:
    """Until the route was well in between."""
    troubles = Troubles()
    for _ in range(3):
        troubles.tell("late", OSError("no disk"))
        troubles.tell("late", sqlite3.OperationalError("locked"))
        troubles.tell("other", OSError("no disk"))
        troubles.tell("", OSError("no disk"))
    assert [record.getMessage() for record in caplog.records] == [
        "the rollout of route late: no disk; it is looked at again every second",
        "the rollout of route late: locked; it is looked at again every second",
        "the rollout of route other: no disk; it is looked at again every second",
        "rollouts: no disk; it is looked at again every second",
    ]
    troubles.settle("late")
    troubles.tell("late", OSError("no disk"))
    troubles.tell("other", OSError("no disk"))
    assert len(caplog.records) == 5


def test_what_nobody_thought_of_comes_with_its_trace(caplog: pytest.LogCaptureFixture) -> None:
    """What can happen is a line; a fault of the gateway is to be found."""
    troubles = Troubles()
    troubles.tell("late", ChangeRefused("not now"))
    assert caplog.records[-1].exc_info is None
    troubles.tell("late", ZeroDivisionError("division by zero"))
    assert caplog.records[-1].exc_info is not None
