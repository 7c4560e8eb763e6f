"""What all connections of one worker share: the plan in force, the counters, the clock, the dice."""

from __future__ import annotations

import asyncio
import logging
import os
import random
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gateway.http.headers import (
    ANSWER_KNOWN,
    ANSWER_REMOVED,
    REQUEST_KNOWN,
    REQUEST_REMOVED,
    FieldKinds,
    Shapes,
)
from gateway.monitoring.tally import TallyWriter
from gateway.proxy.auth import KeyFiles
from gateway.proxy.ledgers import Ledgers
from gateway.proxy.logbook import Logbook, follow, share_of
from gateway.proxy.outbox import Outbox
from gateway.proxy.pool import Pool, Shared
from gateway.proxy.rates import Rates
from gateway.proxy.shared_counts import SharedCounts
from gateway.proxy.table import Table
from gateway.proxy.tracing import OFF
from gateway.routing.document import limits_from, tls_from
from gateway.routing.log_document import tracing_from
from gateway.routing.places import Places
from gateway.routing.settings import Limits, Tls
from gateway.routing.slot import PlanSlot, published_document

if TYPE_CHECKING:
    from gateway.proxy.arrivals import Arrived
    from gateway.proxy.retrying import Retrying
    from gateway.proxy.tunnel import Tunnel

NOTHING: dict[str, Any] = {"services": [], "routes": []}
"""The plan before the first one: nothing matches."""

MOST_CLIENTS = 1_000_000
"""Connections of clients that a worker holds, where the system lets it open that many files."""

log = logging.getLogger("gateway.worker")


class Context:
    """One worker's shared state. `table` is swapped whole; nothing else of a plan is ever mutated."""

    def __init__(
        self,
        places: Places,
        tally: TallyWriter,
        loop: asyncio.AbstractEventLoop,
        folder: Path = Path(),
        number: int = 0,
    ) -> None:
        """`folder` is that of routing.yaml, from which files are named; `number` is the worker's."""
        self.places = places
        self.number = number
        self.tally = tally
        self.loop = loop
        self.counts = SharedCounts(places, number)
        self.rates = Rates(places)
        self.key_files = KeyFiles(folder, places.run)
        self.ledgers = Ledgers(places, number, loop)
        self.word = PlanSlot(places).word
        self.outbox = Outbox(loop)
        answers = Shapes(FieldKinds(ANSWER_REMOVED, ANSWER_KNOWN))
        self.pool = Pool(places, Shared(loop, self.outbox, answers, self.counts, folder, tally))
        self.draw_bits = random.Random(os.urandom(32)).getrandbits  # noqa: S311 - a draw and an id, no secret
        self._without_clients()
        self._without_plan()

    def _without_clients(self) -> None:
        self.now = time.monotonic()
        """The time of the last tick: near enough for what takes seconds."""
        self.clients: dict[Arrived, None] = {}
        self.idle: dict[Arrived, None] = {}
        """Clients that wait for nothing, the one idle for longest first."""
        self.tunnels: set[Tunnel] = set()
        self.exchanges: set[Retrying] = set()
        self.most_clients = MOST_CLIENTS
        self.draining = False
        self.polite = False
        """While draining: an idle connection may ask once more, since its request may be on its way."""

    def _without_plan(self) -> None:
        self.limits = Limits()
        self.tls: Tls | None = None
        self._tls_port = 0
        self.redirect_port = 0
        """Where plain HTTP is sent to; 0: it is served."""
        self.logbook: Logbook | None = None
        """The request log, None while no route logs."""
        self._opened_logbook: Logbook | None = None
        self.traced_share: int = OFF
        """How many of 2^32 requests are traced where the client does not say; OFF: no spans are exported."""
        self.revision = -1
        """The word when the plan was last looked at, whether or not that plan could be used."""
        self.serving = 0
        """The revision of the plan in force; 0 before the first one."""
        self.table = Table(NOTHING, self.pool, self.tally)
        self.request_shapes = _request_shapes(self.table)

    def adopt(self) -> None:
        """Take the plan that is now in the slot; on any failure the one in force stays.

        The revision is read before the plan: should another be published in between, the next request
        finds the word changed again.
        """
        revision = self.word[0]
        try:
            document = published_document(self.places)
            if document is not None:
                self._adopt(document)
        except Exception:
            log.exception("revision %d cannot be used; revision %d stays in force", revision, self.serving)
        self.revision = revision

    def _adopt(self, document: Mapping[str, Any]) -> None:
        """Serve this plan from now on; raises whatever keeps it from being used."""
        self.ledgers.follow(document["routes"])
        logbook = self._follow_log(document)
        self.key_files.follow(document["routes"])
        table = Table(document, self.pool, self.tally, self.table, self.ledgers, logbook, self.key_files)
        self.request_shapes = _request_shapes(table)
        self.table = table
        self.logbook = logbook
        if logbook is not None:
            logbook.serve(document["revision"])
        tracing = tracing_from(document)
        self.traced_share = share_of(tracing.sample) if tracing.otlp else OFF
        self._set(limits_from(document), tls_from(document))
        names = {service["name"] for service in document["services"]}
        self.pool.keep_only(names)
        self.counts.keep_only(names)
        self.serving = document["revision"]

    def _follow_log(self, document: Mapping[str, Any]) -> Logbook | None:
        """Return the log for this plan; one that was begun is kept while no route logs."""
        logbook = follow(self._opened_logbook, document, self.places.ring(self.number), self.tally.hit)
        self._opened_logbook = logbook or self._opened_logbook
        return logbook

    def _set(self, limits: Limits, tls: Tls | None) -> None:
        self.limits = limits
        self.tls = tls
        self._follow_redirect()

    def listens_for_tls(self, port: int) -> None:
        """Say that this worker answers at https, and where; before, nobody is sent there."""
        self._tls_port = port
        self._follow_redirect()

    def _follow_redirect(self) -> None:
        self.redirect_port = self._tls_port if self.tls is not None and self.tls.redirect else 0


def _request_shapes(table: Table) -> Shapes:
    return Shapes(FieldKinds(REQUEST_REMOVED, REQUEST_KNOWN, table.looked_at))
