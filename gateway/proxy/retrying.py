"""Another try: a request that a service did not answer, or not in time, goes to another replica.

A request is sent again only where that is safe: nothing of it was sent yet, or it may be done twice and no
byte of an answer has gone to the client. What is sent again is charged to the service's retry budget.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from gateway.errors import Fault
from gateway.monitoring.tally_layout import (
    HIT_HEADER_TIMEOUT,
    HIT_PER_TRY_TIMEOUT,
    HIT_RETRY_BUDGET,
    HIT_TOTAL_TIMEOUT,
)
from gateway.proxy.compiled_route import CompiledRoute
from gateway.proxy.dispatch import Dispatch
from gateway.proxy.pool import Endpoint

if TYPE_CHECKING:
    from gateway.proxy.server import ClientConnection


class Retrying(Dispatch):
    """One request that may be sent again, and that is given up once its service has had its time."""

    __slots__ = ("_repeatable", "_retries", "_slow_since", "_started")

    def __init__(self, client: ClientConnection, route: CompiledRoute) -> None:
        super().__init__(client, route)
        self._started = monotonic()
        self._slow_since = 0.0
        self._repeatable = False
        self._retries = 0

    def _again(self, *, stale: bool, answered: bool = False) -> bool:
        """Send the request once more, if it may be done twice and the retry budget has one left.

        After a stale connection the same replica will do; otherwise it has to be another one.
        """
        endpoint, upstream = self._endpoint, self._upstream
        if not self._repeatable or self._head_sent or endpoint is None or upstream is None:
            return False
        if not stale and (self._retries >= self._route.failing.retries or not self._has_another(endpoint)):
            return False
        if not endpoint.backend.budget.may_retry():
            self.context.tally.hit(HIT_RETRY_BUDGET)
            return False
        upstream.finish(reusable=answered)
        endpoint.outstanding -= 1
        self._endpoint = self._upstream = None
        self._fresh = True
        self._target.block.retried()
        if stale:
            endpoint.forget()
            self._dispatch()
        else:
            self._retries += 1
            self._tried = (*self._tried, endpoint)
            self._dispatch()
            endpoint.report(False, self.context.now)  # now, so that the breaker lets this attempt pass
        return True

    def _has_another(self, endpoint: Endpoint) -> bool:
        for other in endpoint.backend.endpoints:
            if other.up and other is not endpoint and other not in self._tried:
                return True
        return False

    def check_deadlines(self, now: float) -> None:
        """Give up where the service has had its time."""
        if self._trial is not None and self._body_complete and not self._head_sent:
            self._trial.waits(now - (self._request_sent or self._started))
        timeouts = self._route.timeouts
        waited = now - self._request_sent if self._request_sent and not self._head_sent else 0.0
        if waited > timeouts.header:
            self.context.tally.hit(HIT_HEADER_TIMEOUT)
            self._too_late(f"began no answer within {timeouts.header:g} s")
        elif now - self._started > timeouts.total:
            self.context.tally.hit(HIT_TOTAL_TIMEOUT)
            if self._body_complete:
                self._too_late(f"took longer than {timeouts.total:g} s in all")
                return
            detail = f"the request did not come within {timeouts.total:g} s, the whole time of its route"
            self.client.keep_alive = False
            self.fail(Fault(408, "refused", detail))  # no fault of the service's: it still waits
        elif timeouts.per_try and waited > timeouts.per_try and self._slow_since != self._request_sent:
            self._slow_since = self._request_sent  # asked once; where nobody else may answer, it has its time
            if self._again(stale=False):
                self.context.tally.hit(HIT_PER_TRY_TIMEOUT)

    def _too_late(self, what: str) -> None:
        service = self._target.name
        self.fail(Fault(504, "timeout", f"service {service} {what}", service))
