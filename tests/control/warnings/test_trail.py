"""`status` says what the trail could not take, and why it is not signed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.audit.missed import note_missed
from gateway.control.status.snapshot import snapshot
from gateway.control.warnings.trail import audit_warnings

if TYPE_CHECKING:
    from tests.control.conftest import Site


def test_it_says_what_is_missing(site: Site) -> None:
    """Nothing while all is well."""
    assert list(audit_warnings(site.places)) == []
    note_missed(site.places.audit_missed, "2026-01-01T00:00:00Z", "disk full", "rollback")
    site.places.audit_unsigned.write_text("no key")
    found = list(audit_warnings(site.places))
    assert "(disk full): 1 entry is missing since 2026-01-01T00:00:00Z, the last one of rollback" in found[0]
    assert found[1] == "the audit trail is not signed: no key"
    assert set(found) <= set(snapshot(site.places)["warnings"])
