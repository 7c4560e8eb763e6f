"""What the API tells of the trail has the shapes that the description says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.audit.findings import Found, Verified
from gateway.audit.read import latest
from gateway.control.trail.entries import verified_of
from gateway.control.trail.models import AuditEntry, AuditVerification

if TYPE_CHECKING:
    from tests.control.conftest import Site


def test_what_is_told_fits(site: Site) -> None:
    """Entries as they stand in the file, and a verification with a problem."""
    (entry,) = latest(site.places.audit, 9)
    assert AuditEntry.model_validate(entry).origin == "file"
    found = Verified(entries=1, problems=[Found(1, "trail", 1, "was changed")])
    assert AuditVerification.model_validate(verified_of(found)).problems[0].n == 1
