"""The page of the trail: whether it is genuine, and its entries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gateway.audit.event import Event
from gateway.audit.keys import KeySource
from gateway.audit.seal import seal
from gateway.control.changes import Asker, set_weights
from gateway.control.pages import audit_page
from gateway.control.pages.audit_page import changed
from gateway.routing.audited import trail_of
from tests.control.pages.visitor import visited

if TYPE_CHECKING:
    from tests.control.conftest import Site


async def test_it_shows_who_did_what(site: Site) -> None:
    """Texts stay texts, whoever wrote them."""
    set_weights(site.places, Asker("ann", "<b>half</b>"), "late", {"blue": 1, "canary": 1})
    seal(site.places.audit, KeySource(site.places.audit / "key").read())
    text = (await visited(site, "/audit")).text
    assert "“&lt;b&gt;half&lt;/b&gt;”" in text
    assert "late weights canary: 10 → 50" in text
    assert ">verified<" in text
    assert "there are none" not in (await visited(site, "/audit?who=ann")).text.lower()
    assert "There are none like that" in (await visited(site, "/audit?who=nobody")).text
    assert (await visited(site, "/audit?whom=x")).status_code == 400


async def test_it_says_that_it_was_tampered_with(site: Site) -> None:
    """And which entry."""
    seal(site.places.audit, KeySource(site.places.audit / "key").read())
    path = next(site.places.audit.glob("trail-*"))
    path.write_bytes(path.read_bytes().replace(b'"who":"file"', b'"who":"anne"'))
    text = (await visited(site, "/audit")).text
    assert ">tampered with<" in text
    assert "entry 1 was changed" in text
    (site.places.audit / "key").write_text("short")
    assert ">not verified<" in (await visited(site, "/audit")).text


async def test_older_entries_follow(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the same filter."""
    monkeypatch.setattr(audit_page, "SHOWN", 2)
    for _ in range(3):
        trail_of(site.places).record(Event("login", "token:ci"))
    assert "/audit?who=ci&amp;before=3" in (await visited(site, "/audit?who=ci")).text
    assert "Entries before 3" in (await visited(site, "/audit?who=ci&before=3")).text


def test_only_what_differs_is_shown() -> None:
    """Value by value."""
    entry = {
        "before": {"revision": 1, "routes": {"a": {"x": 1.5, "y": 2}}},
        "after": {"revision": 2, "new": "z"},
    }
    assert changed({**entry, "after": {**entry["after"], "routes": {"a": {"x": 1.5, "y": 3}}}}) == [
        ("revision", "1", "2"),
        ("a y", "2", "3"),
        ("new", "–", "z"),
    ]
    assert changed({"before": None, "after": None}) == []
