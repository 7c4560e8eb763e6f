"""One sink's way from the segments to its target: read on, send, and only then move the position."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from gateway.errors import GatewayError
from gateway.requestlog.places import LogPlaces
from gateway.requestlog.policy import Sink
from gateway.requestlog.sinks import refused, segments
from gateway.requestlog.sinks.backoff import Backoff
from gateway.requestlog.sinks.census import Census
from gateway.requestlog.sinks.course import Course
from gateway.requestlog.sinks.deliver import deliver
from gateway.requestlog.sinks.segments import Batch
from gateway.requestlog.sinks.standing import Standing, State
from gateway.requestlog.sinks.target import Item, Record, SendFailed, Target

POLL = 0.25
"""Seconds between two looks for new records."""

_LOG = logging.getLogger(__name__)


class Pump:
    """Sends one sink's records; `step` and `run` are for one thread, `report` for any.

    `connect` makes the target, without asking anybody; it may raise SendFailed. `wants` says which records
    are sent, None: those of the sink's routes. `dice` (0 to 1) spreads the pauses of many gateways.
    """

    def __init__(
        self,
        sink: Sink,
        places: LogPlaces,
        connect: Callable[[], Target],
        census: Census | None = None,
        *,
        wants: Callable[[Record], bool] | None = None,
        dice: Callable[[], float] = random.random,
    ) -> None:
        self.sink = sink
        self._connect = connect
        self._target: Target | None = None
        self._wants = wants or _of_routes(sink)
        self._course = Course(sink, places, census or Census(places), self._wants)
        self._refused_file = places.sinks / f"{sink.name}.refused.ndjson"
        self._backoff = Backoff(dice)
        self._state: State = "idle"
        self._error = self._remark = ""  # why it is down; what else went wrong last
        self._failed_tries = 0
        self._down_since = self._next_try = 0.0
        self._waiting_since: float | None = None  # since when a batch waits to become full
        self._oldest: int | None = None  # `ts` of the first record that is not sent

    def run(self, stop: threading.Event, clock: Callable[[], float] = time.monotonic) -> None:
        """Send until told to stop; what is under way then is finished or given up by its time-out."""
        try:
            while not stop.is_set():
                stop.wait(self.step(clock()))
        finally:
            self._course.save()
            if self._target is not None:
                self._target.close()

    def step(self, now: float) -> float:
        """Send at most one batch; return after how many seconds to come again. `now` is of a steady clock."""
        try:
            return self._step(now)
        except SendFailed as failure:
            return self._down(str(failure), now, failure.retry_after)
        except (GatewayError, OSError) as error:
            return self._down(str(error), now)
        except Exception as error:  # a thread that died would say nothing; this is said in status
            _LOG.exception("sink %s", self.sink.name)
            return self._down(f"{type(error).__name__}: {error}", now)

    def _step(self, now: float) -> float:
        self._course.look(now)
        if self._state == "down" and now < self._next_try:
            self._course.save_if_due(now)
            return min(1.0, self._next_try - now)
        if self._target is None:
            self._target = self._connect()
        found = self._course.next_segment()
        if found is None:
            return self._rest(now)
        path, is_final = found
        batch = self._read(path, self._target)
        if batch.end == self._course.position.offset:
            return self._rest(now)
        if batch.items and not is_final and (left := self._linger(batch, self._target, now)) > 0:
            return min(left, 1.0)
        self._send(batch, self._target)
        self._up(now, at_once=bool(batch.items) and self._target.linger > 0)
        return 0.0

    def _read(self, path: Path, target: Target) -> Batch:
        position = self._course.position
        with path.open("rb") as file:
            return segments.read_batch(
                file, position.offset, position.passed, self._wants, self.sink.batch, target.most_bytes
            )

    def _linger(self, batch: Batch, target: Target, now: float) -> float:
        """Return for how many seconds the batch may still wait to become full."""
        if batch.is_full:
            return 0.0
        if self._waiting_since is None:
            self._waiting_since = now
            self._oldest = batch.items[0].record.get("ts")
        return self._waiting_since + target.linger - now

    def _send(self, batch: Batch, target: Target) -> None:
        self._oldest = batch.items[0].record.get("ts") if batch.items else None
        if self._state == "idle":
            self._state = "sending"
        deliver(batch.items, partial(self._hand_over, target), self._taken, self._refuse)
        self._course.move(batch.end, batch.passed, lost=batch.unreadable)
        if batch.unreadable:
            self._remark = f"lines of the log that were no JSON: {batch.unreadable}"
        self._oldest = None

    def _hand_over(self, target: Target, items: Sequence[Item]) -> None:
        rejected = target.send(items)
        if rejected is not None:
            count = min(rejected.count, len(items))  # spans are more than records
            self._remark = f"the target threw away {count}: {rejected.said or 'it did not say why'}"
            self._course.count(sent=-count, refused=count)

    def _taken(self, items: Sequence[Item]) -> None:
        self._course.move(items[-1].end, items[-1].passed, sent=len(items))

    def _refuse(self, item: Item, failure: SendFailed) -> None:
        is_kept = refused.keep(self._refused_file, item, str(failure))
        self._course.move(item.end, item.passed, refused=1)
        self._remark = str(failure) if is_kept else f"{failure} ({self._refused_file.name} is full)"

    def _up(self, now: float, at_once: bool) -> None:
        self._backoff.reset()
        self._waiting_since = None
        self._state = "sending"
        self._remark = self._course.save_if_due(now, at_once) or self._remark

    def _rest(self, now: float) -> float:
        self._backoff.reset()
        self._state = "idle"
        self._remark = self._course.save_if_due(now) or self._remark
        return POLL

    def _down(self, error: str, now: float, asked: float = 0.0) -> float:
        if self._state != "down":
            self._down_since = now
        self._state, self._error = "down", error
        self._failed_tries += 1
        self._next_try = now + self._backoff.next(asked)
        self._course.save_if_due(now)
        return min(1.0, self._next_try - now)

    def report(self, now: float, wall: float) -> Standing:
        """Return how the sink stands; `now` of the steady clock that `step` hears, `wall` since 1970."""
        position = self._course.position
        records, size = self._course.waiting(now)
        down = self._state == "down"
        oldest = self._oldest if records else None
        return Standing(
            self.sink.name, self.sink.kind, self._state, records, size,
            max(0.0, wall - oldest / 1e6) if oldest else 0.0,
            position.sent, position.refused, position.lost, position.vanished, self._failed_tries,
            now - self._down_since if down else 0.0, max(0.0, self._next_try - now) if down else 0.0,
            self._error if down else self._remark,
        )  # fmt: skip


def _of_routes(sink: Sink) -> Callable[[Record], bool]:
    routes = frozenset(sink.routes)
    return lambda record: not routes or record.get("route") in routes
