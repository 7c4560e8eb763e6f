"""What processes say: one event is one line, and how it is said may change from one line to the next."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.monitoring.process_log import LONGEST, ConsoleLine, JsonLine, ProcessLog, install, one_line
from gateway.requestlog.policy import Logging
from gateway.routing.places import Places
from gateway.routing.plan import RoutingPlan
from gateway.routing.run_directory import prepare
from gateway.routing.slot import LOGGING, publish

FORGED = "GET /a\n08:15:00 INFO worker 1: all is well\r\x1b[2J\u2028\x00"


def event(
    message: str, *values: object, level: int = logging.WARNING, error: bool = False
) -> logging.LogRecord:
    """Return what a logger hands over."""
    info = None
    if error:
        try:
            raise ValueError(FORGED)
        except ValueError:
            info = sys.exc_info()
    return logging.LogRecord("gateway.worker", level, __file__, 1, message, values, info)


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """Return the places of a gateway that has published nothing yet."""
    return prepare(tmp_path / "state")


def test_a_line_for_people_is_as_it_was() -> None:
    """Time, level, who, what."""
    line = ConsoleLine("worker 1").format(event("service %s: replica %d is down", "blue", 2))
    assert line[8:] == " WARNING worker 1: service blue: replica 2 is down"
    assert line[2] == line[5] == ":"


def test_a_json_line_has_everything_that_programs_look_for() -> None:
    """When (UTC), how bad, who, from where, what."""
    found = json.loads(JsonLine("worker 1").format(event("replica %d is down", 2)))
    assert datetime.fromisoformat(found.pop("ts")).tzinfo is not None
    assert found.pop("pid") > 0
    assert found == {
        "level": "warning",
        "process": "worker 1",
        "logger": "gateway.worker",
        "message": "replica 2 is down",
    }


def test_what_came_from_outside_cannot_look_like_a_line() -> None:
    """Line breaks and what steers a terminal are spelled out, in messages and in exceptions."""
    line = ConsoleLine("worker 1").format(event("no route for %s", FORGED))
    assert len(line.splitlines()) == 1
    assert r"GET /a\n08:15:00" in line
    told = ConsoleLine("worker 1").format(event("failed", error=True)).split("\n")
    assert all(part.startswith("    ") and part.isprintable() for part in told[1:])
    assert any("all is well" in part for part in told[1:])


def test_an_exception_is_part_of_the_json_object() -> None:
    """One line, whatever the exception says."""
    [line] = JsonLine("worker 1").format(event("failed: %s", FORGED, error=True)).splitlines()
    found = json.loads(line)
    assert found["message"] == f"failed: {FORGED}"
    assert found["exception"].startswith("Traceback")
    assert "ValueError: GET /a" in found["exception"]


@given(st.text(max_size=50))
def test_any_text_is_one_visible_line(text: str) -> None:
    """Whatever it is made of; what is visible stays as it is."""
    line = one_line(text)
    assert line.isprintable()
    assert text.isprintable() is (line == text)


def test_a_message_ends() -> None:
    """Nobody fills the disk with one request's header."""
    assert one_line("x" * (LONGEST + 7)).endswith("x... (7 more characters)")
    found = json.loads(JsonLine("w").format(event("%s", "y" * 10**6)))
    assert len(found["message"]) < LONGEST + 50


def test_format_and_level_change_from_one_line_to_the_next(places: Places) -> None:
    """What is published holds at once, in both directions, without anybody being told."""
    stream = StringIO()
    log = ProcessLog("control", places.run / LOGGING, stream)
    log.handle(event("before the first plan", level=logging.INFO))
    log.handle(event("not told", level=logging.DEBUG))
    publish(places, RoutingPlan((), (), logging=Logging("json", "debug"), revision=1))
    log.handle(event("told", level=logging.DEBUG))
    publish(places, RoutingPlan((), (), logging=Logging("console", "error"), revision=2))
    log.handle(event("not told", level=logging.WARNING))
    log.handle(event("bad", level=logging.ERROR))
    first, second, third = stream.getvalue().splitlines()
    assert first.endswith("INFO control: before the first plan")
    assert json.loads(second)["message"] == "told"
    assert third.endswith("ERROR control: bad")


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b'{"colour": "red"}', b'{"level": "loud"}'])
def test_a_file_that_says_nothing_useful_changes_nothing(places: Places, content: bytes) -> None:
    """A process of another version, or a directory that is gone, must not silence anybody."""
    stream = StringIO()
    file = places.run / LOGGING
    log = ProcessLog("control", file, stream)
    file.write_text(json.dumps(asdict(Logging("json"))))
    log.handle(event("one"))
    file.unlink()
    log.handle(event("two"))
    file.write_bytes(content)
    log.handle(event("three"))
    assert [json.loads(line)["message"] for line in stream.getvalue().splitlines()] == ["one", "two", "three"]


@contextmanager
def bare_root() -> Iterator[logging.Logger]:
    """Give the root logger as a fresh process has it."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers[:] = []
    yield root
    root.handlers[:] = handlers
    root.setLevel(level)


def test_a_process_that_becomes_another_is_called_so(places: Places) -> None:
    """A spare that becomes a replica says what it says once, under its new name."""
    stream = StringIO()
    with bare_root():
        install("spare", None, stream)
        install("replica", places.run / LOGGING, stream)
        logging.getLogger("gateway.x").info("hello")
        logging.getLogger("uvicorn").info("not told")
    assert [line[9:] for line in stream.getvalue().splitlines()] == ["INFO replica: hello"]


def test_what_somebody_else_arranged_stays() -> None:
    """A program that uses parts of the gateway has its own ideas."""
    other = logging.StreamHandler(StringIO())
    with bare_root() as root:
        root.addHandler(other)
        install("control")
        assert root.handlers == [other]
