"""Whoever is to be told is told, in the end; nobody waits for it."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import sys
import time
from pathlib import Path

import pytest

from gateway.control import notify as module
from gateway.control.notify import Notifier, in_words, send, signature
from gateway.outcall import CallFailed
from gateway.routing.rollouts import Notify
from tests.rollout.listener import listening
from tests.waiting import BOUND, until

EVENT = {"event": "failed", "route": "late", "why": "canary fails more often"}


def test_a_webhook_gets_the_event_signed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The signature covers the time and the body, with a secret from the environment."""
    monkeypatch.setenv("HOOK_SECRET", "s3cret")
    with listening() as server:
        send(Notify("webhook", server.url + "/in", "${HOOK_SECRET}"), EVENT, tmp_path)
        _, path, headers, body = server.asked[0]
    assert path == "/in"
    assert json.loads(body) == EVENT
    at = headers["x-gateway-signature"].partition("t=")[2].partition(",")[0]
    wanted = hmac.new(b"s3cret", at.encode() + b"." + body, hashlib.sha256).hexdigest()
    assert headers["x-gateway-signature"] == f"t={at},v1={wanted}" == signature("s3cret", int(at), body)


def test_slack_gets_one_sentence(tmp_path: Path) -> None:
    """As Slack and those compatible with it want it."""
    with listening() as server:
        send(Notify("slack", server.url), EVENT, tmp_path)
        assert json.loads(server.asked[0][3]) == {"text": in_words(EVENT)}
    assert in_words(EVENT) == "[failed] route late: canary fails more often"


def test_a_file_gets_a_line_each(tmp_path: Path) -> None:
    """One JSON document a line, readable by its owner alone."""
    for _ in range(2):
        send(Notify("file", "events.ndjson"), EVENT, tmp_path)
    written = tmp_path / "events.ndjson"
    assert [json.loads(line) for line in written.read_text().splitlines()] == [EVENT, EVENT]
    assert written.stat().st_mode & 0o077 == 0


def test_a_file_does_not_grow_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it has grown large it becomes .1, and a new one begins."""
    monkeypatch.setattr(module, "FILE_BYTES", 100)
    for _ in range(5):
        send(Notify("file", "events"), EVENT, tmp_path)
    assert (tmp_path / "events").stat().st_size <= 100
    assert (tmp_path / "events.1").stat().st_size <= 100


def test_a_command_gets_the_event_on_its_input(tmp_path: Path) -> None:
    """Its words are split as a shell would, but no shell runs."""
    out = tmp_path / "out; touch no"
    code = "import sys; open(sys.argv[1], 'w').write(sys.stdin.read())"
    send(Notify("command", f'{sys.executable} -c "{code}" "{out}"'), EVENT, tmp_path)
    assert json.loads(out.read_text()) == EVENT


def test_a_command_that_fails_or_hangs_is_a_failure(tmp_path: Path) -> None:
    """One that hangs is killed."""
    with pytest.raises(CallFailed, match="ended with 3"):
        send(Notify("command", f'{sys.executable} -c "raise SystemExit(3)"'), EVENT, tmp_path)
    with pytest.raises(CallFailed, match="was killed"):
        send(Notify("command", "sleep 60", timeout=0.1), EVENT, tmp_path)


def test_what_fails_is_tried_again(tmp_path: Path) -> None:
    """Until it works, and counted once."""
    with listening() as server:
        server.answers = [(500, b""), (503, b""), (200, b"")]
        notifier = Notifier(tmp_path, waits=(0.01, 0.01, 0.01))
        notifier.tell((Notify("webhook", server.url),), EVENT)
        until(lambda: notifier.sent == 1)
        assert len(server.asked) == 3
    assert notifier.lost == 0


def test_what_never_works_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """After the last try it is logged and counted, not swallowed."""
    with listening() as server, caplog.at_level(logging.ERROR):
        server.answers = [(500, b"")]
        notifier = Notifier(tmp_path, waits=(0.01,))
        notifier.tell((Notify("webhook", server.url), Notify("file", "missing/x")), EVENT)
        until(lambda: notifier.lost == 2)
    assert "a webhook was not told of failed: it answered 500" in caplog.text
    assert "a file was not told of failed" in caplog.text


def test_one_that_hangs_delays_nobody(tmp_path: Path) -> None:
    """Neither the one who tells nor the other receivers."""
    with listening() as hanging, listening() as other:
        hanging.answers = [None]
        notifier = Notifier(tmp_path, waits=())
        began = time.monotonic()
        never = Notify("webhook", hanging.url, timeout=2 * BOUND)
        for _ in range(3):
            notifier.tell((never, Notify("webhook", other.url)), EVENT)
        assert time.monotonic() - began < BOUND  # it says nothing for longer
        until(lambda: len(other.asked) == 3)


def test_a_full_queue_drops_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What waits is bounded."""
    monkeypatch.setattr(module, "QUEUED", 2)
    with listening() as server, caplog.at_level(logging.ERROR):
        server.answers = [None]
        notifier = Notifier(tmp_path, waits=())
        for _ in range(6):
            notifier.tell((Notify("webhook", server.url),), EVENT)
        assert notifier.lost >= 3
    assert "2 wait already" in caplog.text


def test_only_what_was_asked_for_is_told(tmp_path: Path) -> None:
    """`on` names the events; without it all are told."""
    notifier = Notifier(tmp_path)
    picky, any_ = Notify("file", "picky", on=("promoted",)), Notify("file", "any")
    notifier.tell((picky, any_), EVENT)
    notifier.tell((picky, any_), {**EVENT, "event": "promoted"})
    until(lambda: notifier.sent == 3)
    assert len((tmp_path / "picky").read_text().splitlines()) == 1
    assert len((tmp_path / "any").read_text().splitlines()) == 2


def test_a_receiver_that_was_idle_is_told_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its thread ends after a while without work, and the next event starts another."""
    monkeypatch.setattr(module, "IDLE", 0.01)
    notifier = Notifier(tmp_path)
    for sent in (1, 2):
        notifier.tell((Notify("file", "x"),), EVENT)
        until(lambda: not notifier._queues)
        assert notifier.sent == sent
