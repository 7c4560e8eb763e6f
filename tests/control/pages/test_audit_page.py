"""The page of the trail: whether it is genuine, and its entries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gateway.audit.event import Event
from gateway.audit.keys import KeySource
from gateway.audit.seal import seal
from gateway.control.changes import Asker, set_weights
from gateway.control.pages import audit_page
from gateway.control.pages.audit_page import changed, detail_of
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
    summed = {"a": {"x": 1}, "changes": ["a: x"]}
    assert changed({"before": {"a": {"x": 0}}, "after": summed}) == [("a x", "0", "1")]
    assert changed({"before": None, "after": {"changes": ["all"]}}) == [("changes", "–", "all")]


@pytest.mark.parametrize(
    ("what", "detail", "words"),
    [
        ("login", "401: ", "the token is none that is in force: mistyped, expired or revoked"),
        ("login", "429: ", "refused with status 429"),
        ("rollback", "403: cli:ann may not", "403: ann, command line, may not"),
        ("rollback", "", ""),
    ],
)
def test_a_refusal_without_a_reason_is_said_in_words(what: str, detail: str, words: str) -> None:
    """The way in answers with a page, so the trail has its bare status."""
    assert detail_of({"what": what, "detail": detail}) == words
