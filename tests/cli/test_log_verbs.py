"""`gateway log` as people type it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from gateway.requestlog.catalog import visible
from gateway.requestlog.damage import remedy
from gateway.requestlog.places import LogPlaces
from gateway.requestlog.policy import LogSettings
from gateway.requestlog.secrets import Secrets
from tests.cli.site import Site
from tests.requestlog.lake_log import MARK, ids, line, record, sealed_segment, segment
from tests.started import started
from tests.waiting import BOUND


def pseudonym(log: LogPlaces, key: str) -> str:
    """Return what stands for a user's key in this log."""
    return Secrets.load(log, LogSettings(), Path()).pseudonym(key.encode())


def test_tail_shows_the_last_records(stopped: Site) -> None:
    """As many as asked for, those that are wanted, as lines or JSON."""
    log = stopped.places.log
    sealed_segment(log, 0, [record(n, status=500 + n % 2 * 3) for n in range(6)])
    segment(log, 9, [record(9)])
    said = stopped.run("log", "tail", "-n", "3")
    assert [text.split()[0] for text in said.out.splitlines()] == [
        "00:00:04.000",
        "00:00:05.000",
        "00:00:09.000",
    ]
    wanted = stopped.run("log", "tail", "--status", "503", "--where", "latency_ms < 5", "--json").out
    assert [json.loads(text)["n"] for text in wanted.splitlines()] == [1, 3]
    assert stopped.run("log", "tail", "-n", "0").out == ""
    assert stopped.run("log", "tail", "--where", "nonsense").code == 2


def next_line(process: subprocess.Popen[str]) -> str:
    """Return the next line of a process; one that says nothing is killed after a bound, and "" returned."""
    assert process.stdout is not None
    bound = threading.Timer(BOUND, process.kill)
    bound.start()
    try:
        return process.stdout.readline()
    finally:
        bound.cancel()


def test_tail_follows(stopped: Site) -> None:
    """A record is shown within two seconds of its writing; Ctrl-C ends it quietly."""
    log = stopped.places.log
    path = segment(log, 0, [record(0)])
    command = [sys.executable, "-m", "gateway.cli.main", "log", "tail", "-f", "--json", "--version", "blue"]
    pipe = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with started(command, cwd=stopped.folder, env=environment, **pipe) as process:
        assert json.loads(next_line(process))["n"] == 0
        for number in range(2, 42, 2):  # the best of many, for the machine may be busy
            written = time.monotonic()
            with path.open("ab") as file:
                file.write(line(record(number - 1, version="green")) + line(record(number)) + MARK)
            assert json.loads(next_line(process))["n"] == number
            if time.monotonic() - written < 2.0:
                break
        else:
            pytest.fail("never within two seconds")
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=BOUND) == ("", "")
    assert process.returncode == 130


def test_forget_erases_one_user(stopped: Site) -> None:
    """By the key that requests carry; another user's records stay."""
    log = stopped.places.log
    keys = [pseudonym(log, "ann"), pseudonym(log, "bob")]
    sealed_segment(log, 0, [record(n, key=keys[n % 2]) for n in range(4)])
    segment(log, 9, [record(9, key=keys[0])])
    said = stopped.run("log", "forget", "--key", "ann", "--yes")
    assert (said.code, said.err) == (0, "")
    told = "erased 3 records, 2 sealed predictions, 0 labels; written anew: files 2, segments 1\n"
    assert said.out == told
    assert ids(log) == [1, 3]
    again = stopped.run("log", "forget", "--key", "ann", "--yes", "--json").json()
    assert (again["pseudonym"], again["records"]) == (keys[0], 0)


def test_forget_asks_first(stopped: Site) -> None:
    """Without an answer nothing is erased; without the key of the pseudonyms nothing can be."""
    log = stopped.places.log
    segment(log, 0, [record(0, key=pseudonym(log, "ann"))])
    assert stopped.run("log", "forget", "--key", "ann").code == 1
    assert ids(log) == [0]
    log.pseudonym_key.unlink()
    said = stopped.run("log", "forget", "--key", "ann", "--yes")
    assert said.code == 1
    assert "restore it from a backup" in said.err
    assert not log.pseudonym_key.exists()


def test_check_says_what_is_there_and_what_is_broken(stopped: Site) -> None:
    """The exit code tells whether all of it can be read."""
    log = stopped.places.log
    sealed_segment(log, 0, [record(0)])
    said = stopped.run("log", "check")
    assert (said.code, said.out.splitlines()[-1]) == (0, "everything can be read")
    segment(log, 5, [record(5), b"{broken\n"])
    found = stopped.run("log", "check", "--json")
    assert (found.code, found.json()["records"], found.json()["unreadable"]) == (1, 2, 1)


def test_tail_names_what_the_plan_does_not_know(stopped: Site) -> None:
    """Instead of showing nothing; a user is found by their own key."""
    log = stopped.places.log
    segment(log, 0, [record(0, key=pseudonym(log, "ann")), record(1, key=pseudonym(log, "bob"))])
    said = stopped.run("log", "tail", "--route", "nope")
    assert (said.code, "there are late" in said.err) == (2, True)
    assert stopped.run("log", "tail", "--version", "v1").code == 2
    found = stopped.run("log", "tail", "--json", "--where", "key = bob").out
    assert [json.loads(text)["n"] for text in found.splitlines()] == [1]
    log.pseudonym_key.unlink()
    lost = stopped.run("log", "tail", "--where", "key = bob")
    assert (lost.code, "pseudonym" in lost.err, log.pseudonym_key.exists()) == (1, True, False)


def test_a_damaged_file_is_named_and_passed_over(stopped: Site) -> None:
    """By all verbs, in our words; forget and check end with 1."""
    log = stopped.places.log
    sealed_segment(log, 0, [record(0, key=pseudonym(log, "ann"))])
    sealed_segment(log, 5, [record(5, key=pseudonym(log, "ann"))])
    file = visible(log).of("requests")[0].path
    os.truncate(file, 100)
    broken = file.relative_to(stopped.folder)
    tail = stopped.run("log", "tail", "--json")
    assert (tail.code, [json.loads(text)["n"] for text in tail.out.splitlines()]) == (0, [5])
    assert tail.err == f"warning: {broken} cannot be read and is left out; {remedy(broken)}\n"
    check = stopped.run("log", "check")
    assert (check.code, f"{broken} cannot be read: " in check.out, remedy(broken) in check.out) == (
        1,
        True,
        True,
    )
    forget = stopped.run("log", "forget", "--key", "ann", "--yes")
    assert (forget.code, forget.out.partition(",")[0]) == (1, "erased 1 record")
    assert f"{broken} cannot be read: {remedy(broken)}" in forget.err
    assert "/proc/" not in tail.err + check.out + forget.err
    file.unlink()
    assert ids(log) == []
