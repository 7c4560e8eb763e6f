"""The shape of the request log in the status."""

from __future__ import annotations

from typing import Literal

from gateway.control.models import Answer


class LogTask(Answer):
    """Something that the keeper of the log does now and then; `problem` is why it failed last."""

    name: str
    state: Literal["waiting", "running", "ok", "failing"]
    runs: int
    failures: int
    problem: str
    seconds: float


class SinkState(Answer):
    """A sink as `sentence` says it; it is not well while it is down or behind, or once records were lost.

    `waiting_*`: what it has not sent yet, `waiting_seconds` since the oldest of that was written; `sent`,
    `refused`, `lost` and `vanished` count since it was first there; `down_for` and `next_try` are seconds.
    """

    name: str
    kind: str
    state: Literal["idle", "sending", "down"]
    is_well: bool
    sentence: str
    waiting_records: int
    waiting_bytes: int
    waiting_seconds: float
    sent: int
    refused: int
    lost: int
    vanished: int
    failed_tries: int
    down_for: float
    next_try: float
    error: str


class LogState(Answer):
    """The request log; counts are since `gateway up`, `bytes` and `files` those on the disk.

    `off`: no route is logged; `stopped`: no gateway runs; `down`: the recorder does not; `failing`: records
    wait in memory; `dropping`: they are lost, and counted in `dropped` by reason; `partly`: they are written
    without content. `lag_ms` is how old the oldest record of the last batch was when it was written.
    """

    state: Literal["recording", "behind", "partly", "failing", "dropping", "off", "stopped", "down"]
    sentence: str
    records: int
    records_per_second: float
    lag_ms: float
    waiting_bytes: int
    dropped: dict[str, int]
    gaps: int
    access_left_out: int
    sync_seconds: float
    bytes: int
    files: int
    unsealed: int
    tasks: list[LogTask]
    sinks: list[SinkState]
