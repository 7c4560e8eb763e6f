"""What somebody who comes too late is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
import pytest
from starlette.requests import Request

from gateway.control.changes import Asker, set_weights
from gateway.control.meanwhile import TOLD, meanwhile, sentence, stale_answer
from gateway.errors import StaleRevision

if TYPE_CHECKING:
    from tests.control.conftest import Site


def changed(site: Site, count: int) -> None:
    """Make revisions."""
    for share in range(1, count + 1):
        asker = Asker("token:ci", f"try {share}")
        set_weights(site.places, asker, "late", {"blue": 50 - share, "canary": 50 + share})


def test_only_what_came_later_is_told(site: Site) -> None:
    """The latest first, and no more than a person reads."""
    changed(site, 5)
    assert [entry["revision"] for entry in meanwhile(site.places, 4)] == [6, 5]
    assert [entry["revision"] for entry in meanwhile(site.places, 0)] == [6, 5, 4][:TOLD]
    assert meanwhile(site.places, 6) == []


def test_a_revision_is_one_sentence(site: Site) -> None:
    """Who, what and why; without a reason none is made up."""
    changed(site, 1)
    set_weights(site.places, Asker("cli:ann"), "late", {"green": 1})
    bare, reasoned = map(sentence, meanwhile(site.places, 1))
    assert "weights set by ann, command line: late: green 0 % → 100 %" in bare
    assert "“" not in bare
    assert reasoned.endswith("(“try 1”)")


@pytest.mark.parametrize(("tag", "is_told"), [('"1"', True), ("*", False), ('"word"', False)])
async def test_a_stale_change_hears_of_the_others(site: Site, tag: str, is_told: bool) -> None:
    """412: what to do, and what was changed since the revision it was based on, where that is known."""
    changed(site, 1)
    scope = {"type": "http", "headers": [(b"if-match", tag.encode())]}
    stale = StaleRevision("revision 1 is not the latest one; it is 2 now")
    answer = await stale_answer(site.places)(Request(scope), stale)
    detail = orjson.loads(bytes(answer.body))["detail"]
    assert answer.status_code == 412
    assert detail.startswith("nothing was changed: revision 1 is not the latest one; it is 2 now; read the")
    assert ("changed meanwhile: revision 2, " in detail) is is_told
    assert ("by token ci" in detail) is is_told
