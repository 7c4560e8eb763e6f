"""The operations on the audit trail, for the description of the admin API."""

from __future__ import annotations

from typing import Any, Final

from gateway.control.operation import Operation
from gateway.control.trail import models as audit_models
from gateway.control.trail.entries import MOST, SHOWN

AUDIT_OPERATIONS: Final = (
    Operation(
        "get",
        "/api/v1/audit",
        "audit",
        "Who did what: the entries of the audit trail, newest first",
        audit_models.AuditEntries,
        refusals=(400, 421, 503),
        role="admin",
        is_whole=True,
    ),
    Operation(
        "get",
        "/api/v1/audit/verification",
        "verifyAudit",
        "Whether every entry of the audit trail is as it was written",
        audit_models.AuditVerification,
        refusals=(421, 503),
        role="admin",
        is_whole=True,
    ),
)


def _text(name: str, description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": {"type": "string"}, "description": description}


AUDIT_PARAMETERS: Final[dict[str, Any]] = {
    "auditLimit": {
        "name": "limit",
        "in": "query",
        "schema": {"type": "integer", "minimum": 1, "maximum": MOST, "default": SHOWN},
        "description": "How many entries",
    },
    "auditBefore": {
        "name": "before",
        "in": "query",
        "schema": {"type": "integer", "minimum": 1},
        "description": "Only entries before this number",
    },
    "auditWho": _text("who", "Only those whose author has this in the name"),
    "auditWhat": _text("what", "Only entries of exactly this, such as rollback"),
    "auditRoute": _text("route", "Only those whose route has this in the name"),
}
