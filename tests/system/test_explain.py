"""What `explain` says is what the running gateway does, request by request."""

from __future__ import annotations

import json

from tests.system.gateway_under_test import Gateway


def test_explain_names_the_version_that_answers(gateway: Gateway) -> None:
    """For a dozen users, before and after a change of weights."""
    for weights in ("canary=40", "canary=75"):
        gateway.run("set-weight", weights)
        for user in map(str, range(6)):
            found = json.loads(
                gateway.run("explain", "--path", "/late/x", "--header", f"X-User-Id={user}", "--json").stdout
            )
            assert gateway.request("/late/x", x_user_id=user) == (200, found["service"])
