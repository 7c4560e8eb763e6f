"""History in pages, and the page of one revision."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gateway.control.changes import Asker, set_weights
from gateway.control.pages import history_page
from gateway.control.pages.history_page import listing, revision_of
from gateway.control.problems import Refusal
from gateway.routing.change import Request, commit
from tests.control.pages.visitor import visited

if TYPE_CHECKING:
    from tests.control.conftest import Site


def changed(site: Site, *shares: float) -> None:
    """Make revisions."""
    for share in shares:
        set_weights(site.places, Asker("ann", f"{share:g}"), "late", {"blue": 100 - share, "canary": share})


def test_every_revision_is_on_exactly_one_page(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Newest first; each says what it changed, the last one of a page as well."""
    monkeypatch.setattr(history_page, "SHOWN", 2)
    changed(site, 20, 30, 40, 50)
    first = listing(site.places, None)
    second = listing(site.places, first["older"])
    third = listing(site.places, second["older"])
    pages = [[one["revision"] for one in page["revisions"]] for page in (first, second, third)]
    assert pages == [[5, 4], [3, 2], [1]]
    assert third["older"] is None
    assert all(one["difference"] for page in (first, second, third) for one in page["revisions"])


def test_a_revision_says_what_going_back_would_change(site: Site) -> None:
    """Against what is live at this moment."""
    changed(site, 20, 30)
    found = revision_of(site.places, 2)
    assert found["entry"]["difference"] == ["late: canary 10 % -> 20 %, blue 90 % -> 80 %"]
    assert found["changes"] == ["late: blue 70 % -> 80 %, canary 30 % -> 20 %"]
    assert (found["live"], found["is_live"]) == (3, False)
    assert revision_of(site.places, 3)["is_live"]


@pytest.mark.parametrize(
    "path", ["/history/99", "/history/0", "/history/-1", "/history/x", f"/history/{'9' * 40}"]
)
async def test_what_is_no_revision_is_not_found(site: Site, path: str) -> None:
    """However it is written."""
    assert (await visited(site, path)).status_code == 404


async def test_unknown_parameters_are_refused(site: Site) -> None:
    """A misspelt one would show something else than was asked for."""
    with pytest.raises(Refusal):
        history_page._number("none")
    assert (await visited(site, "/history?befor=3")).status_code == 400


async def test_reasons_stay_texts_and_viewers_cannot_go_back(site: Site) -> None:
    """The page says what it takes."""
    set_weights(site.places, Asker("ann", "<img src=x onerror=alert(1)>"), "late", {"green": 1})
    shown = (await visited(site, "/history", "viewer")).text
    assert "<img" not in shown
    assert "&lt;img" in shown
    assert "Go back to here" not in shown
    one = (await visited(site, "/history/1", "viewer")).text
    assert 'id="go" disabled aria-describedby="go-refused"' in one
    assert "Not for you: ann has the role viewer" in one
    assert 'id="go">' in (await visited(site, "/history/1", "operator")).text
    assert "edited in routing.yaml" in shown
    assert ">ann<" in shown


async def test_more_than_weights_is_for_an_admin_to_take_back(site: Site) -> None:
    """An operator is told so before the click."""
    earlier = (await visited(site, "/history", "operator")).text
    assert "file file" not in " ".join(earlier.split())
    commit(site.places, Request("x", "x"), lambda plan: replace(plan, listen="127.0.0.1:8082"))
    assert 'id="go" disabled' in (await visited(site, "/history/1", "operator")).text
    assert 'id="go">' in (await visited(site, "/history/1", "admin")).text
