"""Tells people and programs what happened: a webhook, Slack, a command, a file.

Whoever has something to tell never waits: each receiver has a thread and a bounded queue of its own, so that
one that hangs delays nobody else. What fails is tried again a few times, then logged and counted.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import os
import queue
import shlex
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gateway.errors import GatewayError
from gateway.outcall import CallFailed, call, from_environment
from gateway.routing.rollouts import Notify

log = logging.getLogger("gateway.notify")

WAITS = (1.0, 5.0, 15.0, 60.0)
"""Seconds before each further try."""
QUEUED = 1_000
IDLE = 60.0
FILE_BYTES = 64 * 1024 * 1024

Event = Mapping[str, Any]


class Notifier:
    """Sends events to the receivers of a plan; `folder` is where relative paths of files begin."""

    def __init__(self, folder: Path, waits: tuple[float, ...] = WAITS) -> None:
        self._folder = folder
        self._waits = waits
        self._lock = threading.Lock()
        self._queues: dict[Notify, queue.Queue[Event]] = {}
        self._counting = threading.Lock()
        self.sent = self.lost = 0

    def tell(self, receivers: tuple[Notify, ...], event: Event) -> None:
        """Queue an event for every receiver that wants its kind (`event["event"]`); returns at once."""
        for notify in receivers:
            if notify.on and event["event"] not in notify.on:
                continue
            with self._lock:
                waiting = self._queues.get(notify) or self._started(notify)
                try:
                    waiting.put_nowait(event)
                except queue.Full:
                    log.error("a %s was not told of %s: %d wait already", notify.kind, event["event"], QUEUED)
                    self._count(delivered=False)

    def _started(self, notify: Notify) -> queue.Queue[Event]:
        waiting = self._queues[notify] = queue.Queue(QUEUED)
        threading.Thread(target=self._serve, args=(notify, waiting), name="notify", daemon=True).start()
        return waiting

    def _serve(self, notify: Notify, waiting: queue.Queue[Event]) -> None:
        """Be the thread of one receiver, until there has been nothing to tell for a while."""
        while True:
            try:
                event = waiting.get(timeout=IDLE)
            except queue.Empty:
                with self._lock:
                    if waiting.empty():
                        del self._queues[notify]
                        return
                continue
            self._count(delivered=self._deliver(notify, event))

    def _deliver(self, notify: Notify, event: Event) -> bool:
        last = ""
        for wait in (0.0, *self._waits):
            if wait:
                time.sleep(wait)
            try:
                send(notify, event, self._folder)
            except Exception as error:
                is_known = isinstance(error, (GatewayError, OSError, ValueError))
                last = str(error) if is_known else repr(error)
            else:
                return True
        log.error("a %s was not told of %s: %s", notify.kind, event["event"], last)
        return False

    def _count(self, *, delivered: bool) -> None:
        with self._counting:
            self.sent += delivered
            self.lost += not delivered


def send(notify: Notify, event: Event, folder: Path) -> None:
    """Tell one receiver of one event; raises GatewayError or OSError where that failed."""
    target = from_environment(notify.target)
    if notify.kind == "webhook":
        _webhook(target, from_environment(notify.secret), event, notify.timeout)
    elif notify.kind == "slack":
        _post(target, _json({"text": in_words(event)}), {}, notify.timeout)
    elif notify.kind == "command":
        _command(shlex.split(target), event, notify.timeout)
    else:
        _append(folder / target, _json(event) + b"\n")


def in_words(event: Event) -> str:
    """Return an event as one sentence for people."""
    return f"[{event['event']}] route {event.get('route', '?')}: {event.get('why', '')}"


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def signature(secret: str, at: int, body: bytes) -> str:
    """Return what `x-gateway-signature` says: HMAC-SHA256 over the second, a full stop and the body."""
    digest = hmac.new(secret.encode(), b"%d." % at + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def _webhook(url: str, secret: str, event: Event, timeout: float) -> None:
    body = _json(event)
    signed = {"x-gateway-signature": signature(secret, int(time.time()), body)} if secret else {}
    _post(url, body, signed, timeout)


def _post(url: str, body: bytes, headers: Mapping[str, str], timeout: float) -> None:
    given = {"content-type": "application/json", **headers}
    answer = call("POST", url, body=body, headers=given, timeout=timeout)
    if not answer.is_ok:
        raise CallFailed(f"it answered {answer.status}")


def _command(words: list[str], event: Event, timeout: float) -> None:
    """Run a command without a shell, the event as JSON on its standard input; ended after `timeout`."""
    with subprocess.Popen(  # noqa: S603 - the command is the operator's own, from routing.yaml
        words,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        try:
            process.communicate(_json(event) + b"\n", timeout=timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise CallFailed(f"{words[0]} did not end within {timeout:g} s and was killed") from None
    if process.returncode:
        raise CallFailed(f"{words[0]} ended with {process.returncode}")


def _append(path: Path, line: bytes) -> None:
    """Append a line; a file that has grown large becomes `<name>.1` first."""
    if path.exists() and path.stat().st_size + len(line) > FILE_BYTES:
        path.replace(path.with_name(path.name + ".1"))
    fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.write(fd, line)
    finally:
        os.close(fd)
