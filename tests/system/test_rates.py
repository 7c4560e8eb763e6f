"""The rate that a gateway tells of constant traffic, while everything about it changes."""

from __future__ import annotations

import http.client
import json
import threading
import time

import pytest

from tests.system.gateway_under_test import Gateway, until
from tests.system.load import Asked, Load

PER_SECOND = 60.0


class Steady(Load):
    """Clients that together send a request at each beat of a clock."""

    _lock = threading.Lock()
    _next = 0.0

    def _once(self, connection: http.client.HTTPConnection, user: str) -> Asked:
        with self._lock:
            self._next = max(self._next + 1 / PER_SECOND, time.monotonic() - 0.1)
            due = self._next
        self._stop.wait(max(due - time.monotonic(), 0.0))
        return super()._once(connection, user)

    def rate(self, seconds: float) -> float:
        """Return how many requests a second were over in the last so many."""
        now = time.monotonic()
        return sum(now - seconds < each.ended <= now for each in self.asked()) / seconds


def test_the_rate_stays_what_it_is(gateway: Gateway) -> None:
    """Weights, rollouts, reloads and killed processes: status and plan tell what the clients counted."""
    with Steady(gateway.listen) as load:
        requests = 0
        steps = (
            lambda: gateway.run("set-weight", "canary=25").check_returncode(),
            lambda: gateway.kill("worker"),
            lambda: gateway.run("reload").check_returncode(),
            lambda: gateway.kill("control"),
            lambda: gateway.run("rollback").check_returncode(),
        )
        for step in steps:
            step()
            for _ in range(2):
                route = gateway.status()["routes"][0]
                assert route["rate"] == pytest.approx(load.rate(route["rate_seconds"]), rel=0.15)
                versions = route["versions"].values()
                before, requests = requests, sum(version["requests"] for version in versions)
                assert before <= requests <= load.count() + 10  # a counter neither goes back nor doubles
                known = [version["rate"] for version in versions]
                assert None in known or sum(known) == pytest.approx(route["rate"], abs=0.01)
        planned = json.loads(until(lambda: gateway.run("plan", "canary", "--json").stdout))
        assert planned["rate"] == pytest.approx(load.rate(planned["rate_seconds"]), rel=0.15)
