"""`gateway reload` as people type it: who is signalled, what is waited for, what is said."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from gateway.cli import reload as module
from gateway.cli.reload import Reloaded, in_words
from gateway.routing.change import locked
from gateway.supervision.reload_report import (
    DONE,
    FAILED,
    RUNNING,
    ReloadReport,
    read_report,
    reload_lock,
    write_report,
)
from tests.cli.site import Site

WAITING = "import signal, sys; {more}; print(flush=True); sys.stdin.read()"


@pytest.fixture
def answers(site: Site) -> Iterator[list[ReloadReport]]:
    """What this process, as the supervisor, answers to each SIGHUP; it holds the lock of the site."""
    about = {"supervisor": os.getpid(), "config": str(site.config), "listen": "", "admin": ""}
    site.places.processes.write_text(json.dumps({**about, "processes": []}))
    write_report(site.places, ReloadReport(6))
    found: list[ReloadReport] = []

    def answer(*_: object) -> None:
        before = read_report(site.places)
        assert before is not None
        write_report(site.places, replace(found.pop(0), number=before.number + 1))

    handler = signal.signal(signal.SIGHUP, answer)
    yield found
    signal.signal(signal.SIGHUP, handler)


@pytest.fixture
def stranger() -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """How to start another process, which runs until its input ends."""
    started: list[subprocess.Popen[bytes]] = []

    def start(more: str = "pass") -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", WAITING.format(more=more)]
        started.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE))
        assert started[-1].stdout is not None
        started[-1].stdout.readline()
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_it_says_how_many_and_how_long(site: Site, answers: list[ReloadReport]) -> None:
    """For people in a sentence, for programs as JSON."""
    answers += [ReloadReport(0, DONE, 1.26, 2, 3), ReloadReport(0, DONE, 1.26, 1, 1)]
    said = site.run("reload")
    assert (said.code, said.out) == (0, "2 workers replaced in 1.3 s; 3 connections still drain\n")
    found = site.run("reload", "--json").json()
    assert found == {
        "number": 8,
        "workers": 1,
        "seconds": 1.26,
        "connections": 1,
        "revision": 1,
        "file": "",
    }
    one, four = (Reloaded(ReloadReport(0, DONE, 0.5, n, 1 if n == 1 else 0), 6) for n in (1, 4))
    assert in_words(one) == "1 worker replaced in 0.5 s; 1 connection still drains"
    assert in_words(four) == "4 workers replaced in 0.5 s"


def test_a_reload_that_failed_is_a_failure(site: Site, answers: list[ReloadReport]) -> None:
    """With the reason, and the assurance that nothing was lost."""
    answers += [ReloadReport(0, FAILED, problem="the new worker 2 exited with status 3")] * 2
    said = site.run("reload")
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("nothing was replaced, what ran before runs on: the new worker 2 exited with")
    assert "the new worker 2 exited" in site.run("reload", "--json").json()["error"]


def test_what_was_just_saved_is_live_before(site: Site, answers: list[ReloadReport]) -> None:
    """Nobody has to wait for the watcher; with a broken file what is live goes on, and that is a failure."""
    answers += [ReloadReport(0, DONE), *[ReloadReport(0, DONE, 1.0, 2)] * 2]
    text = site.config.read_text()
    site.config.write_text(text.replace("blue: 90, green: 0, canary: 10", "blue: 80, green: 0, canary: 20"))
    assert site.run("reload").code == 0
    assert site.weights()["canary"] == 20_000
    site.config.write_text(text.replace("weights:", "wieghts:"))
    said = site.run("reload")
    assert said.code == 1
    assert said.out == "2 workers replaced in 1.0 s, with revision 2\n"
    assert said.err.startswith("warning: routing.yaml was not taken: ")
    assert "wieghts" in said.err
    found = site.run("reload", "--json")
    assert (found.code, found.json()["revision"]) == (1, 2)
    assert "wieghts" in found.json()["file"]


def test_a_file_that_cannot_be_written_is_no_failure() -> None:
    """What it says is live; only what was changed elsewhere is not in it."""
    found = Reloaded(ReloadReport(), 6, {"kind": "unwritable", "message": "read-only"})
    assert (found.was_not_taken, found.warning) == (False, "read-only")


def test_without_a_gateway_there_is_nothing_to_reload(stopped: Site) -> None:
    """The message says what to do."""
    said = stopped.run("reload")
    assert said.code == 1
    assert "no gateway is running with the state directory" in said.err


def test_a_gateway_that_just_starts_or_ends_is_not_signalled(site: Site) -> None:
    """Nor one whose supervisor would not understand."""
    assert "just starting or ending" in site.run("reload").err
    site.places.processes.write_text(json.dumps({"supervisor": 2**22 + 1, "config": str(site.config)}))
    assert "just starting or ending" in site.run("reload").err
    site.places.processes.write_text(json.dumps({"supervisor": os.getpid(), "config": str(site.config)}))
    assert "of a version that cannot reload; restart it" in site.run("reload").err


def test_a_stranger_is_not_signalled(
    site: Site, answers: list[ReloadReport], stranger: Callable[..., subprocess.Popen[bytes]]
) -> None:
    """The number of a supervisor that is gone may be anybody's by now."""
    process = stranger()
    site.places.processes.write_text(json.dumps({"supervisor": process.pid, "config": str(site.config)}))
    said = site.run("reload")
    assert said.code == 1
    assert f"process {process.pid} does not hold" in said.err
    assert process.poll() is None
    assert answers == []


def test_a_supervisor_that_ends_meanwhile_is_not_waited_for(
    site: Site, answers: list[ReloadReport], stranger: Callable[..., subprocess.Popen[bytes]]
) -> None:
    """The signal may find it at its end."""
    process = stranger(f"lock = open({str(site.places.up_lock)!r}, 'a'); signal.signal(signal.SIGHUP, 0)")
    about = {"supervisor": process.pid, "config": str(site.config), "listen": "", "admin": ""}
    site.places.processes.write_text(json.dumps({**about, "processes": []}))
    said = site.run("reload")
    assert said.code == 1
    assert "ended meanwhile" in said.err
    assert answers == []


@pytest.mark.parametrize("state", [RUNNING, DONE])
def test_it_does_not_wait_for_ever(
    site: Site, answers: list[ReloadReport], monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    """Neither for a supervisor that hangs nor for one that does not begin; an earlier report is none."""
    monkeypatch.setattr(module, "ANSWER_WITHIN", 0.2)
    monkeypatch.setattr(module, "READY_WITHIN", 0.1)
    answers.append(ReloadReport(0, state))
    if state == DONE:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    said = site.run("reload")
    assert said.code == 1
    what = "has not begun the reload" if state == DONE else "has not ended the reload it began"
    assert re.search(rf"the supervisor \(pid {os.getpid()}\) {what} within \d+ s: its log says", said.err)


def test_a_stopped_supervisor_is_named_with_what_helps(
    site: Site,
    answers: list[ReloadReport],
    stranger: Callable[..., subprocess.Popen[bytes]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Somebody pressed Ctrl-Z: the signal waits until it goes on."""
    monkeypatch.setattr(module, "ANSWER_WITHIN", 0.2)
    process = stranger(f"lock = open({str(site.places.up_lock)!r}, 'a')")
    about = {"supervisor": process.pid, "config": str(site.config), "listen": "", "admin": ""}
    site.places.processes.write_text(json.dumps({**about, "processes": []}))
    process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, process.pid, os.WSTOPPED)  # before that it would be ended by the next signal
    said = site.run("reload")
    assert said.code == 1
    assert f"the supervisor (pid {process.pid}) has not begun the reload within" in said.err
    assert f"kill -CONT {process.pid}" in said.err
    assert answers == []


def test_only_one_at_a_time(site: Site, answers: list[ReloadReport], monkeypatch: pytest.MonkeyPatch) -> None:
    """The second waits for the first, though not for ever."""
    monkeypatch.setattr(module, "OTHERS_WITHIN", 0.1)
    with locked(reload_lock(site.places)):
        said = site.run("reload")
    assert said.code == 1
    assert "reload.lock has been held for 0.1 s by another" in said.err
    assert answers == []
