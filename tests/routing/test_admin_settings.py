"""The settings of the admin side."""

from __future__ import annotations

from gateway.routing.admin_settings import USUAL_ADMIN, AdminSettings
from gateway.routing.plan import RoutingPlan


def test_nothing_said_asks_nobody_on_loopback_alone() -> None:
    """No names, no certificate, no key: as it was before there were any."""
    assert AdminSettings() == USUAL_ADMIN == RoutingPlan((), ()).admin_settings
    assert (USUAL_ADMIN.auth, USUAL_ADMIN.hosts, USUAL_ADMIN.tls, USUAL_ADMIN.audit_key) == (
        "auto",
        (),
        None,
        "",
    )
