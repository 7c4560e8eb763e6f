"""The page of weights: what is live beside what the file says, and what is in the way of knowing it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.control.changes import Asker, set_weights
from gateway.control.models import NewRollout
from gateway.control.pages.weights_page import file_shares, state_of
from gateway.control.rollouts.changes import start
from tests.control.pages.visitor import visited

if TYPE_CHECKING:
    from tests.control.conftest import Site

PATH = "/routes/late/weights"


def test_live_and_file_stand_beside_each_other(site: Site) -> None:
    """They differ as long as the file has not been written."""
    site.list_processes()
    set_weights(site.places, Asker("ann"), "late", {"blue": 1, "green": 1})
    found = state_of(site.places, "late")
    assert found["rows"] == [
        {"name": "blue", "live": 50.0, "file": 90.0},
        {"name": "green", "live": 50.0, "file": 0.0},
        {"name": "canary", "live": 0.0, "file": 10.0},
    ]
    assert (found["revision"], found["stable"], found["file_problem"]) == (2, "blue", "")


def test_versions_of_no_weight_can_be_added(site: Site) -> None:
    """Every service that the route does not have."""
    assert state_of(site.places, "protocol")["others"] == ["canary"]


def test_a_rollout_under_way_is_named(site: Site) -> None:
    """Weights set by hand end it."""
    assert state_of(site.places, "late")["rollout_of"] == ""
    body = NewRollout(canary="canary", steps=[50], force=True)
    start(site.places, Asker("ann"), "late", body)
    assert state_of(site.places, "late")["rollout_of"] == "canary"


def test_a_file_that_cannot_be_read_is_said_to_be(site: Site, tmp_path: Path) -> None:
    """The live weights can be changed all the same."""
    site.config.write_text("routes: [")
    shares, problem = file_shares(str(site.config), "late")
    assert shares == {}
    assert "routing.yaml" in problem
    assert file_shares("", "late") == ({}, "it is not known where routing.yaml is")
    assert file_shares(str(tmp_path / "none.yaml"), "late")[1]


def test_a_file_without_the_route_is_said_to_be(site: Site) -> None:
    """Somebody took it out, and it is not in force yet."""
    assert file_shares(str(site.config), "gone") == ({}, "routing.yaml has no route gone")


async def test_the_page_has_its_data_and_the_state_alone_has_a_tag(site: Site) -> None:
    """For a script that loads it anew."""
    shown = (await visited(site, PATH)).text
    embedded = re.search(r'<script type="application/json" id="state">(.*?)</script>', shown)
    assert embedded is not None
    anew = await visited(site, f"{PATH}/state")
    assert json.loads(embedded[1]) == anew.json()
    assert anew.headers["etag"] == '"1"'


async def test_the_state_tells_what_was_changed_since_a_revision(site: Site) -> None:
    """Who, what and why, for whoever still sees the revision before; an odd number is refused."""
    set_weights(site.places, Asker("token:ci", "calm"), "late", {"blue": 1})
    (line,) = (await visited(site, f"{PATH}/state?since=1")).json()["meanwhile"]
    assert line.startswith("revision 2, ")
    assert "weights set by token ci: late: " in line
    assert line.endswith("(“calm”)")
    assert (await visited(site, f"{PATH}/state?since=2")).json()["meanwhile"] == []
    for odd in ("since=x", "since=-1", f"since={'9' * 20}", "sinc=1"):
        assert (await visited(site, f"{PATH}/state?{odd}")).status_code == 400


async def test_a_viewer_has_nothing_to_apply(site: Site) -> None:
    """And is told what it takes."""
    shown = (await visited(site, PATH, "viewer")).text
    assert "you need the role operator" in shown
    assert "Not for you: ann has the role viewer" in shown
    assert re.search(r'id="apply" aria-describedby="why-not" disabled', shown)
