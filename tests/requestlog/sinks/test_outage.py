"""Every target may be down, and whoever sends may be killed: nothing is lost, and ids tell repeats apart."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.requestlog.policy import Tracing
from gateway.requestlog.sinks.census import Census
from gateway.requestlog.sinks.needed import needed
from gateway.requestlog.sinks.targets import pump_of
from tests.requestlog.sinks import pump_site
from tests.requestlog.sinks.log_site import Log
from tests.requestlog.sinks.receivers import KINDS, receiver
from tests.requestlog.sinks.redis_site import require_redis
from tests.waiting import until

PATIENCE = 180.0


def _require(kind: str) -> None:
    if kind == "redis":
        require_redis()


def _arrived(ids: set[str], found: list[str]) -> bool:
    return ids <= set(found)


def _wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_lost_while_a_target_is_down(kind: str, tmp_path: Path) -> None:
    """What is written meanwhile waits in segments, sealed ones too, and goes on once the target is there."""
    _require(kind)
    log = Log(tmp_path / "log")
    with receiver(kind, tmp_path) as there:
        sink = there.sink()
        pump = pump_of(sink, Tracing(), log.places, tmp_path, Census(log.places))
        stop = threading.Event()
        thread = threading.Thread(target=pump.run, args=(stop,))
        thread.start()
        try:
            written = set(log.write(700))
            log.rotate()
            _wait(lambda: pump.report(time.monotonic(), 0.0).sent == 700)
            there.down()
            for _ in range(3):
                written |= set(log.write(200))
                log.seal(log.rotate())
            until(lambda: pump.report(time.monotonic(), 0.0).state == "down")
            until(lambda: pump.report(time.monotonic(), 0.0).waiting_records == 600)
            assert needed(log.places, [sink]) < log.name
            there.up()
            _wait(lambda: _arrived(written, there.ids()))
            until(lambda: pump.report(time.monotonic(), 0.0).state == "idle")
        finally:
            stop.set()
            thread.join()
        standing = pump.report(time.monotonic() + 1.0, 0.0)
        assert (standing.lost, standing.refused, standing.vanished) == (0, 0, 0)
        assert standing.waiting_records == 0
        log.sweep(needed(log.places, [sink]))
        assert not list(log.places.spool.iterdir())


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_lost_when_the_sender_is_killed(kind: str, tmp_path: Path) -> None:
    """kill -9 at any moment: what it had sent and not stored is sent again, under the same ids."""
    _require(kind)
    log = Log(tmp_path / "log")
    dice = random.Random(kind)
    with receiver(kind, tmp_path) as there:
        written: set[str] = set()
        for _ in range(4):
            with pump_site.start(log.places.folder, [there.sink()]) as process:
                end = time.monotonic() + dice.uniform(0.3, 1.5)
                while time.monotonic() < end:
                    written |= set(log.write(40))
                    if dice.random() < 0.2:
                        log.seal(log.rotate())
                    time.sleep(0.02)
                process.kill()
        log.rotate()  # so that a batch for a folder need not wait for more
        with pump_site.start(log.places.folder, [there.sink()]):
            _wait(lambda: _arrived(written, there.ids()))
        found = there.ids()
        assert set(found) == written
        if kind == "directory":
            assert len(found) == len(written)  # a repeat takes the place of what was there
