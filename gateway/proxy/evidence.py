"""What requests show of a rollout: every draw of the split, and whether it was a bad event.

What counts is the version that the split chose, whoever answered in the end: a fallback is that version's
fault. Requests that an override sent, and those of other services of the route, say nothing.
"""

from __future__ import annotations

import asyncio
from hashlib import blake2b

from gateway.errors import Fault
from gateway.monitoring.ledger import Interval
from gateway.monitoring.ledger_layout import CANARY, METRICS, STABLE
from gateway.proxy.answered import Answer
from gateway.proxy.predictions import LARGEST, Sampler, is_readable, prediction_in
from gateway.routing.plan import Route

ERROR = 1
"""The bit of metric 0; those of the latency thresholds follow."""


class Trials:
    """The trials of one route whose rollout is under way."""

    __slots__ = (
        "_canary",
        "_hasher",
        "_sampler",
        "_stable",
        "_thresholds",
        "interval",
        "loop",
        "output",
        "overdue",
    )

    def __init__(self, route: Route, interval: Interval, loop: asyncio.AbstractEventLoop) -> None:
        progress = route.progress
        assert progress is not None
        self._canary = progress.canary
        self._stable = progress.stable
        self._thresholds = progress.thresholds[: METRICS - 1]
        self.overdue = progress.overdue
        self._hasher = blake2b(key=progress.id.to_bytes(8, "big"), digest_size=8)
        outputs = progress.judge.outputs
        self._sampler = Sampler() if outputs is not None and outputs.on_change != "ignore" else None
        self.output = outputs.output if outputs is not None else ""
        self.interval = interval
        self.loop = loop

    def begin(self, chosen: str, key: bytes, started: float) -> Trial | None:
        """Return the trial of a request that the split gave to a service; None where it is no arm.

        `key` is its sticky key, empty where it has none; `started` is when it came (CLOCK_MONOTONIC).
        """
        hashed = 0
        if key:
            hasher = self._hasher.copy()
            hasher.update(key)
            hashed = int.from_bytes(hasher.digest(), "little")
        is_sampled = False
        if self._sampler is not None and (not key or hashed not in self.interval.keys):
            is_sampled = self._sampler.take(started, self.interval.room())
        if chosen == self._canary:
            return Trial(self, CANARY, bool(key), hashed, started, is_sampled)
        if chosen == self._stable:
            return Trial(self, STABLE, bool(key), hashed, started, is_sampled)
        return None

    def bits_of(self, seconds: float) -> int:
        """Return the metrics of latency that this duration is bad for."""
        microseconds = seconds * 1e6
        bits = 0
        bit = ERROR << 1
        for threshold in self._thresholds:
            if microseconds > threshold:
                bits |= bit
            bit <<= 1
        return bits


class Trial:
    """One request of an arm: told what becomes of it, it is written down once, at its end."""

    __slots__ = (
        "_arm",
        "_at",
        "_bad",
        "_has_key",
        "_hashed",
        "_is_recorded",
        "_is_sampled",
        "_parts",
        "_size",
        "_started",
        "_trials",
    )

    def __init__(
        self, trials: Trials, arm: int, has_key: bool, hashed: int, started: float, is_sampled: bool
    ) -> None:
        """`is_sampled`: the answer's outputs are looked into."""
        self._trials = trials
        self._arm = arm
        self._has_key = has_key
        self._hashed = hashed
        self._started = started
        self._is_sampled = is_sampled
        self._at = self._bad = self._size = 0
        self._is_recorded = False
        self._parts: list[bytes] | None = None

    def fell_back(self) -> None:
        """Another service has to answer."""
        self._bad = ERROR

    def waits(self, seconds: float) -> None:
        """No answer has begun for so long: once it is overdue that is written down, whatever comes of it."""
        if seconds > self._trials.overdue and not self._is_recorded:
            self._record(ERROR | self._trials.bits_of(seconds), seconds)

    def answered(self, answer: Answer, body: bytes) -> None:
        """The head of the answer came, with what there is of its body."""
        if self._is_sampled and is_readable(answer):
            self._parts = []
            self.more(body)

    def more(self, body: bytes) -> None:
        """More of the body came."""
        if self._parts is not None:
            self._parts.append(body)
            self._size += len(body)
            if self._size > LARGEST:
                self._parts = None

    def ended(self, is_error: bool, seconds: float) -> None:
        """The answer is whole, after so long."""
        bits = (ERROR if is_error else self._bad) | self._trials.bits_of(seconds)
        if self._record(bits, seconds) and self._size and self._parts is not None:
            self._trials.loop.call_soon(self._read)  # once the answer is on its way

    def failed(self, fault: Fault, head_sent: bool, seconds: float) -> None:
        """There is no answer, or only a part of one."""
        if fault.outcome == "refused":
            return  # the client's mistake, or its slowness
        if fault.outcome == "disconnected" and head_sent:
            self._record(self._bad, seconds)
        else:
            self._record(ERROR | self._trials.bits_of(seconds), seconds)

    def _record(self, bits: int, seconds: float) -> bool:
        """Write it down, once; return whether it was a draw rather than one more request of a known key."""
        if self._is_recorded:
            return False
        self._is_recorded = True
        interval = self._trials.interval
        self._at = int((self._started + seconds) * 1000)
        if self._has_key:
            return interval.note(self._hashed, self._arm, bits, self._at)
        interval.count(self._arm, bits)
        return True

    def _read(self) -> None:
        trials, parts = self._trials, self._parts
        assert parts is not None
        value = prediction_in(b"".join(parts), trials.output)
        if value is None:
            trials.interval.malformed()
        else:
            trials.interval.output(self._hashed, self._arm, self._at, value)
