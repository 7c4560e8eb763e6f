"""The trail as the admin side tells of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gateway.audit.event import Event
from gateway.audit.findings import Verified
from gateway.audit.keys import Key
from gateway.audit.verify import verify
from gateway.control.trail import entries as audit_trail
from gateway.control.trail.entries import Verification, config_folder, entries
from gateway.routing.audited import trail_of

if TYPE_CHECKING:
    from tests.control.conftest import Site


def test_it_is_verified_anew_only_where_it_has_changed(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that is opened again costs nothing."""
    counted: list[Path] = []

    def counting(folder: Path, key: Key) -> Verified:
        counted.append(folder)
        return verify(folder, key)

    monkeypatch.setattr(audit_trail, "verify", counting)
    verification = Verification(site.places)
    first = verification.latest()
    assert verification.latest() is first
    trail_of(site.places).record(Event("login", "token:ci"))
    assert verification.latest()["entries"] == 2
    assert len(counted) == 2


def test_entries_and_where_keys_are_named_from(site: Site) -> None:
    """The folder of routing.yaml, which lies around the state directory where nothing runs."""
    assert [one["n"] for one in entries(site.places)] == [1]
    assert config_folder(site.places) == site.places.state.parent
