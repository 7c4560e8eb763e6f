"""What is said of routing.yaml, the listeners and the last reload."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.control.status.observation import Observation, Running
from gateway.control.warnings.setup import admin_warnings, is_same, setup_warnings
from gateway.routing.admin_settings import AdminSettings
from gateway.routing.plan import RoutingPlan
from gateway.routing.run_directory import prepare
from gateway.routing.settings import Certificate, Tls
from gateway.supervision.reload_report import DONE, FAILED, RUNNING, ReloadReport

FILE: dict[str, Any] = {"ok": True, "kind": "", "message": ""}
RUN = Running("r.yaml", "127.0.0.1:8080", "127.0.0.1:9090", overrides=())
PLAN = RoutingPlan((), (), revision=6)


def told(plan: RoutingPlan = PLAN, running: Running = RUN) -> list[str]:
    """What is said of a plan's addresses."""
    return list(setup_warnings(Observation(plan, running, {}, (), "written", None), FILE, None))


def test_nothing_is_said_while_all_is_as_the_file_says() -> None:
    """Nor while nothing runs at all."""
    assert told() == []
    assert told(replace(PLAN, listen="127.0.0.1:1"), Running()) == []


def test_an_address_that_is_not_bound_yet_is_told() -> None:
    """With what takes it up; TLS may have come or gone."""
    tls = Tls("127.0.0.1:8443", (Certificate("a", "b"),))
    assert told(replace(PLAN, listen="127.0.0.1:8081")) == [
        "`listen` in routing.yaml is 127.0.0.1:8081, what is bound is 127.0.0.1:8080: run `gateway reload`"
    ]
    assert (
        "`tls.listen` in routing.yaml is 127.0.0.1:8443, what is bound is nothing"
        in told(replace(PLAN, tls=tls))[0]
    )
    gone = told(PLAN, replace(RUN, tls="127.0.0.1:8443"))
    assert "`tls.listen` in routing.yaml is gone, what is bound is 127.0.0.1:8443" in gone[0]
    assert told(replace(PLAN, tls=tls), replace(RUN, tls="127.0.0.1:8443")) == []
    assert "`admin` in routing.yaml is" in told(replace(PLAN, admin="127.0.0.1:9091"))[0]


def test_what_the_command_line_gave_is_not_compared() -> None:
    """`gateway up --listen` holds whatever the file says."""
    plan = replace(PLAN, listen="127.0.0.1:1", admin="127.0.0.1:2")
    assert told(plan, replace(RUN, overrides=("listen", "admin"))) == []
    assert len(told(plan, replace(RUN, overrides=("listen",)))) == 1


@pytest.mark.parametrize(
    ("asked", "bound", "same"),
    [
        ("127.0.0.1:80", "127.0.0.1:80", True),
        ("127.0.0.1:0", "127.0.0.1:43210", True),
        ("localhost:80", "127.0.0.1:80", True),
        ("[::1]:80", "[::1]:80", True),
        ("gateway.example:80", "10.0.0.1:80", True),
        ("127.0.0.1:80", "127.0.0.1:81", False),
        ("0.0.0.0:80", "127.0.0.1:80", False),
        ("10.0.0.1:0", "10.0.0.2:80", False),
        ("", "127.0.0.1:80", False),
        ("", "", True),
        ("nonsense", "127.0.0.1:80", False),
    ],
)
def test_an_address_is_the_same_whatever_it_is_called(asked: str, bound: str, same: bool) -> None:
    """A free port and a name become something else when they are bound."""
    assert is_same(asked, bound) == same


def test_a_file_that_is_not_live_is_told() -> None:
    """With why, and which revision is."""
    seen = Observation(PLAN, RUN, {}, (), "written", None)
    file = {"ok": False, "kind": "refused", "message": "r.yaml:3:1: no"}
    assert list(setup_warnings(seen, file, None)) == [
        "r.yaml is not what is live (revision 6 is): r.yaml:3:1: no"
    ]


def test_a_reload_that_failed_is_told_until_the_next_one() -> None:
    """Not one that is under way or done."""
    seen = Observation(PLAN, RUN, {}, (), "written", None)
    (line,) = setup_warnings(seen, FILE, ReloadReport(2, FAILED, problem="port 80 is taken"))
    assert "failed, what ran before runs on: port 80 is taken; mend that" in line
    for state in (RUNNING, DONE):
        assert list(setup_warnings(seen, FILE, ReloadReport(3, state))) == []


def test_what_was_saved_and_is_not_in_force_is_told(tmp_path: Path) -> None:
    """Whoever wrote `auth: required` believes that somebody is asked by now."""
    places = prepare(tmp_path)
    plan = replace(PLAN, admin_settings=AdminSettings(auth="required"))
    assert list(admin_warnings(places, plan)) == []
    places.admin_in_force.write_bytes(b"{}")
    assert list(admin_warnings(places, plan)) == [
        "not in force until `gateway reload`: admin.auth auto -> required"
    ]
    assert list(admin_warnings(places, replace(plan, admin_settings=AdminSettings()))) == []
