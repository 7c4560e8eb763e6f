"""The sealer of a gateway: with the key that its plan names, and an eye on the journal."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from gateway.audit.heads import last_head
from gateway.audit.read import latest
from gateway.control.changes import Asker, set_weights
from gateway.control.trail.sealer import LOOK_EVERY, LeftOut, key_source, sealer
from gateway.routing import change

if TYPE_CHECKING:
    from tests.control.conftest import Site


def test_it_signs_with_the_key_beside_the_trail_unless_told_otherwise(site: Site) -> None:
    """What the plan says counts at each look."""
    sealer(site.places, site.config.parent).look()
    assert last_head(site.places.audit / "heads.ndjson").n == 1
    assert key_source(site.places, site.config.parent).own == site.places.audit / "key"


def test_what_nobody_recorded_is_found(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once it is sure that its maker will not; what was before the trail stays out of it."""
    now = [0.0]
    left_out = LeftOut(site.places, lambda: now[0])
    left_out.look()
    monkeypatch.setattr("gateway.routing.left_out.SETTLED", 0.0)
    with monkeypatch.context() as patch:
        patch.setattr(change, "_note", lambda *_: None)
        set_weights(site.places, Asker("ann"), "late", {"blue": 1})
    left_out.look()
    assert len(latest(site.places.audit, 9)) == 1  # it is not due
    now[0] = LOOK_EVERY
    left_out.look()
    assert latest(site.places.audit, 9)[0]["after"]["revision"] == 2
    shutil.rmtree(site.places.audit)
    LeftOut(site.places, lambda: now[0]).look()
    assert latest(site.places.audit, 9) == []
