"""Every change of routing leaves an entry: who, why, what was and what is; and so does every refusal."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.audit.read import latest
from gateway.errors import ChangeRefused, GatewayError, StaleRevision
from gateway.routing import audited
from gateway.routing.audited import compared, note, refusals_noted, trail_of
from gateway.routing.change import Request, commit
from gateway.routing.file_sync import follow_file
from gateway.routing.plan import RoutingPlan
from gateway.routing.revise import roll_back
from gateway.routing.shares import set_shares
from tests.routing.change_site import FILE, ME, Site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """The files of a gateway."""
    found = Site.made(tmp_path)
    yield found
    shutil.rmtree(found.places.run.resolve(), ignore_errors=True)


def entries(site: Site) -> list[dict[str, Any]]:
    """Return the entries, newest first."""
    return latest(site.places.audit, 99)


def test_each_revision_is_recorded_with_what_was_before(site: Site) -> None:
    """The first one of a file, a weight, a rollback, a restore, an edit."""
    commit(
        site.places, Request("set-weight", "cli:ann", "looks good"), lambda p: set_shares(p, {"canary": 20})
    )
    commit(site.places, Request("rollback", "token:ci", "errors"), lambda p: roll_back(p, None, 0.0))
    commit(site.places, Request("rollback", "token:ci", "again"), lambda p: roll_back(p, None, 0.0))
    site.restore(1)
    site.config.write_text(site.text().replace("canary: 10", "canary: 20").replace("blue: 90", "blue: 80"))
    follow_file(site.places, FILE, site.config)
    found = entries(site)
    assert [(one["n"], one["what"], one["who"], one["result"]) for one in found] == [
        (5, "file", "file", "done"),
        (4, "restore", "me", "done"),
        (3, "rollback", "token:ci", "done"),
        (2, "set-weight", "cli:ann", "done"),
        (1, "file", "file", "done"),
    ]
    by_hand = found[3]
    assert (by_hand["why"], by_hand["route"]) == ("looks good", "late")
    assert by_hand["before"]["routes"]["late"]["weights"] == {"blue": 90.0, "green": 0.0, "canary": 10.0}
    assert by_hand["after"]["routes"]["late"]["weights"]["canary"] == 20.0
    assert (by_hand["before"]["revision"], by_hand["after"]["revision"]) == (1, 2)
    assert by_hand["from"].startswith(f"uid {os.getuid()} on ")


def test_each_refusal_is_recorded_with_its_reason(site: Site) -> None:
    """Whether the change makes no sense, is stale, or could not be written down."""
    with pytest.raises(ChangeRefused):
        commit(site.places, ME, lambda p: set_shares(p, {"nope": 20}))
    with pytest.raises(StaleRevision):
        commit(site.places, replace(ME, expected=7), lambda p: p)
    with pytest.raises(ChangeRefused):
        site.restore(99)

    def broken(_plan: RoutingPlan) -> RoutingPlan:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        commit(site.places, ME, broken)
    told = [(one["result"], one["detail"]) for one in entries(site)[:4]]
    assert [result for result, _ in told] == ["failed", "refused", "refused", "refused"]
    assert "there is no revision 99" in told[1][1]
    assert "revision 7 is not the latest one" in told[2][1]
    assert "there is no service nope" in told[3][1]


def test_a_file_that_is_refused_is_recorded_once(site: Site) -> None:
    """Though it is looked at again and again; what the gateway itself tries again is not recorded."""
    site.config.write_text(site.text().replace("weights", "weigts"))
    for _ in range(3):
        follow_file(site.places, FILE, site.config)
    with pytest.raises(StaleRevision):
        commit(site.places, replace(FILE, expected=7), lambda p: p)
    first, *others = entries(site)
    assert (first["what"], first["result"]) == ("file", "refused")
    assert "`weigts` is not a known key" in first["detail"]
    assert len(others) == 1


def test_nothing_is_published_later_for_the_sake_of_the_trail(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plan is out before the entry is begun, and stays so where the entry cannot be written."""
    seen: list[int] = []
    monkeypatch.setattr(audited, "note_revision", lambda *_: seen.append(site.live().revision))
    site.set(20)
    assert seen == [2]
    monkeypatch.undo()
    monkeypatch.setattr(os, "write", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    plan, changed = commit(site.places, ME, lambda p: roll_back(p, None, 0.0))
    monkeypatch.undo()
    assert (changed, site.live()) == (True, plan)
    commit(site.places, ME, lambda p: set_shares(p, {"canary": 30}))
    assert entries(site)[0]["unwritten"]["count"] == 1


def test_what_is_done_beside_routing_is_noted(site: Site) -> None:
    """With whatever fields it has, also where it was refused."""
    note(site.places, "silence", "cli:ann", why="a holiday", route="late", after={"rule": "drift"})
    with pytest.raises(GatewayError), refusals_noted(site.places, Request("silence", "cli:ann", "why")):
        raise GatewayError("the database is locked")
    second, first, *_ = entries(site)
    assert (first["what"], first["after"], first["result"]) == ("silence", {"rule": "drift"}, "done")
    assert (second["detail"], second["result"]) == ("the database is locked", "failed")


def test_very_many_routes_are_counted(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry stays small; a route that came or went stands on one side alone."""
    plan = site.live()
    others = tuple(replace(plan.routes[0], name=f"r{n}") for n in range(30))
    was, now, route = compared(plan, replace(plan, routes=(*plan.routes, *others)))
    assert was == {"revision": 1, "routes": {}, "routes_in_all": 30}
    assert (len(now["routes"]), now["routes_in_all"], route) == (20, 30, "")
    assert compared(None, plan)[0] is None
    assert trail_of(site.places).record is not None


def test_every_kind_of_change_is_told(site: Site) -> None:
    """As history tells it; a route is named only where nothing else differs, weights where they do."""
    plan = site.live()
    first = replace(plan.routes[0], try_page=not plan.routes[0].try_page)
    was, now, route = compared(plan, replace(plan, revision=2, routes=(first, *plan.routes[1:])))
    assert (was, route) == ({"revision": 1}, first.name)
    assert (now["revision"], now["changes"], "routes" in now) == (
        2,
        [f"{first.name}: try_page false -> true"],
        False,
    )
    other = replace(plan, routes=(first, *plan.routes[1:]), listen="127.0.0.1:1")
    _, now, route = compared(plan, other)
    assert (route, len(now["changes"])) == ("", 2)


def test_a_long_list_of_changes_is_cut(monkeypatch: pytest.MonkeyPatch, site: Site) -> None:
    """By number and by length, and says how many more there are."""
    for line, kept in (("short", audited.CHANGES_TOLD), ("x" * 900, 2)):
        monkeypatch.setattr(audited, "difference", lambda *_, line=line: [line] * 50)
        changes = compared(site.live(), site.live())[1]["changes"]
        assert changes == [line] * kept + [f"and {50 - kept} more; see: gateway history"]


def test_a_fault_of_the_trail_is_no_failure_of_the_change(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged with a traceback and counted as missed."""

    def broken(*_: object) -> None:
        raise KeyError("weights")

    for place in ("gateway.routing.audited.compared", "gateway.audit.trail.entry_of"):
        with monkeypatch.context() as patch:
            patch.setattr(place, broken)
            site.set(20 if "routing" in place else 30)
    assert site.live().revision == 3
    assert [record.exc_info is not None for record in caplog.records] == [True, True]
    site.set(40)
    assert entries(site)[0]["unwritten"]["count"] == 2
