"""The rate that a gateway tells of constant traffic, while everything about it changes."""

from __future__ import annotations

import http.client
import json
import threading
import time

import pytest

from tests.system.gateway_under_test import Gateway
from tests.system.load import Asked, Load
from tests.waiting import until

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

    def rates(self, seconds: float, since: float) -> tuple[float, float]:
        """Return the least and the most requests a second over so many, up to any moment since then."""
        ended = [each.ended for each in self.asked()]
        moments = [since, time.monotonic(), *(at for at in ended if at > since)]
        found = [sum(at - seconds < each <= at for each in ended) / seconds for at in moments]
        return min(found), max(found)


def is_about(rate: float, told: tuple[float, float]) -> bool:
    """Tell whether a rate is what the clients counted, who cannot know at which moment it was looked at."""
    least, most = told
    return 0.85 * least <= rate <= 1.15 * most


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
                asked = time.monotonic()
                route = gateway.status()["routes"][0]
                assert is_about(route["rate"], load.rates(route["rate_seconds"], asked))
                versions = route["versions"].values()
                before, requests = requests, sum(version["requests"] for version in versions)
                assert before <= requests <= load.count() + 10  # a counter neither goes back nor doubles
                known = [version["rate"] for version in versions]
                assert None in known or sum(known) == pytest.approx(route["rate"], abs=0.01)
        asked = time.monotonic()
        planned = json.loads(until(lambda: gateway.run("plan", "canary", "--json").stdout))
        assert is_about(planned["rate"], load.rates(planned["rate_seconds"], asked))
