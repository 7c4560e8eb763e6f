"""What `status` says of the audit trail: what it could not take, and why it is not signed."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.audit.missed import missed
from gateway.routing.places import Places


def audit_warnings(places: Places) -> Iterator[str]:
    """Yield what is wrong with the trail; nothing while all is well."""
    found = missed(places.audit_missed)
    if found:
        entries = "1 entry is" if found["count"] == 1 else f"{found['count']} entries are"
        yield (
            f"the audit trail could not be written ({found['problem']}): {entries} missing since "
            f"{found['since']}, the last one of {found['last']}; changes are made all the same"
        )
    try:
        yield f"the audit trail is not signed: {places.audit_unsigned.read_text()}"
    except FileNotFoundError:
        return
