"""What this worker thinks of a replica, and every way in which that changes.

It is down when nobody accepts a connection there, unwell when active checks fail, ejected when its answers
do; when it comes back from any of these, it warms up.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from gateway.monitoring.tally_layout import HIT_OUTLIERS
from gateway.proxy.connector import reason
from gateway.proxy.outliers import OutlierRecord

if TYPE_CHECKING:
    from gateway.proxy.backend import Backend

log = logging.getLogger("gateway.worker")

COLD = 0.1
"""The part of its share that a replica begins with when it comes back."""


class Standing:
    """The standing of one replica, called `name`.

    `weight` is the part (COLD to 1) of a full share that it is warm for; `share` and `credit` are the
    balancer's.
    """

    __slots__ = (
        "_warming_since",
        "backend",
        "credit",
        "loop",
        "name",
        "outlier",
        "outstanding",
        "share",
        "trouble",
        "up",
        "weight",
        "well",
    )

    def __init__(self, backend: Backend, loop: asyncio.AbstractEventLoop, name: str) -> None:
        self.backend = backend
        self.loop = loop
        self.name = name
        self.outstanding = 0
        self.up = self.well = True
        self.trouble = ""
        """What speaks against it, in words, while something does."""
        self.weight = self.share = 1.0
        self.credit = self._warming_since = 0.0
        self.outlier = OutlierRecord(backend.source.traffic.outliers)

    def inherit(self, earlier: Standing) -> None:
        """Go on from what is known of the same replica under an earlier plan."""
        self.up = earlier.up
        self.well = earlier.well or self.backend.source.traffic.health is None
        self.weight, self._warming_since = earlier.weight, earlier._warming_since
        self.outlier.inherit(earlier.outlier)

    @property
    def ejected_until(self) -> float:
        """When its ejection ends, 0 while there is none."""
        return self.outlier.until

    @property
    def usable(self) -> bool:
        """Whether nothing speaks against sending it requests."""
        return self.up and self.well and not self.outlier.until

    @property
    def state(self) -> str:
        """Whether it is down, unwell, ejected, warming or up."""
        if not self.up:
            return "down"
        if not self.well:
            return "unwell"
        if self.outlier.until:
            return "ejected"
        return "warming" if self.weight < 1 else "up"

    def failed(self, error: OSError | TimeoutError) -> None:
        """Take the replica out until a probe finds it."""
        if self.up:
            self.up = False
            self.trouble = reason(error)
            self.backend.refresh()
            log.warning("service %s: replica %s is down: %s", self.backend.name, self, self.trouble)

    def answered(self) -> None:
        """Put the replica back in."""
        self.backend.proven = True
        if self.backend.before is not None:
            self.backend.supersede()
        if not self.up:
            self.up = True
            log.info("service %s: replica %s is up again", self.backend.name, self)
            self.warm_up(self.loop.time())

    def set_well(self, well: bool, why: str) -> None:
        """Take the replica out, or put it back in, as active checks tell."""
        self.well = well
        name = self.backend.name
        if well:
            log.info("service %s: replica %s is well again: %s", name, self, why)
            self.warm_up(self.loop.time())
        else:
            self.trouble = why
            log.warning("service %s: replica %s is unwell: %s", name, self, why)
            self.backend.refresh()

    def report(self, ok: bool, now: float) -> None:
        """Count how an attempt ended; a 5xx, a broken or a late answer is not ok."""
        # Late answers of a replica that is out already would only keep it out after it is well again.
        if self.well and (not ok or self.outlier.failures):
            self._judge(ok, now)
        if self.backend.breaker is not None:
            self.backend.count(ok, now)

    def _judge(self, ok: bool, now: float) -> None:
        outlier, backend = self.outlier, self.backend
        if outlier.is_due(ok) and backend.may_eject():
            length = outlier.eject(now)
            if backend.tally is not None:
                backend.tally.hit(HIT_OUTLIERS)
            why = f"{outlier.failures} failures in a row"
            self.trouble = why
            log.warning("service %s: replica %s is ejected for %g s: %s", backend.name, self, length, why)
            backend.refresh()

    def forget(self) -> None:
        """Say that an attempt ended without telling anything of the replica, as when its client left."""
        if self.backend.breaker is not None:
            self.backend.breaker.forget()

    def warm_up(self, now: float) -> None:
        """Begin with a part of its share and grow from there."""
        if self.backend.source.traffic.slow_start > 0:
            self._warming_since = now
            self.weight = COLD
        self.backend.refresh()

    def tick(self, now: float) -> None:
        """Do what falls due: the end of an ejection, warming up."""
        if self.outlier.until and now >= self.outlier.until:
            self.outlier.end(now)
            log.info("service %s: replica %s is no longer ejected", self.backend.name, self)
            self.warm_up(now)
        if self.weight < 1:
            self._warm(now)

    def _warm(self, now: float) -> None:
        length = self.backend.source.traffic.slow_start
        grown = (now - self._warming_since) / length if length else 1.0
        self.weight = min(max(grown, COLD), 1.0)
        self.backend.warmed(done=self.weight == 1)

    def __str__(self) -> str:
        return self.name
