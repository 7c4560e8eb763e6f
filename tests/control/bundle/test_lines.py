"""Lines of the log that may be shown."""

from __future__ import annotations

import json
import logging

import pytest

from gateway.control.bundle.lines import shown_lines
from gateway.control.bundle.scrub import Scrubber
from gateway.monitoring.process_log import ConsoleLine, JsonLine
from gateway.requestlog.access import access_line


def failure() -> logging.LogRecord:
    """Return what is logged of an exception whose message is a user's."""
    try:
        raise ValueError("PLANTED value")
    except ValueError as error:
        info = (type(error), error, error.__traceback__)
        return logging.LogRecord("gateway", logging.ERROR, "f", 1, "it failed for %s", ("a@b.example",), info)


@pytest.mark.parametrize("formatter", [ConsoleLine("worker 1"), JsonLine("worker 1")])
def test_what_processes_say_is_shown_without_personal_data(formatter: logging.Formatter) -> None:
    """Of an exception where in the program it was, not what it says."""
    text = "\n".join(shown_lines(formatter.format(failure()).split("\n"), Scrubber()))
    assert "PLANTED" not in text
    assert "b.example" not in text
    assert "it failed for [email]" in text
    assert "in failure" in text


def test_access_lines_and_what_is_none_of_ours_are_left_out() -> None:
    """They hold paths; clients' addresses go from the others."""
    record = {"id": "1", "ts": 1, "method": "GET", "path": "/PLANTED", "status": 200, "latency_ms": 1.0}
    lines = [
        access_line(record, "console").decode().rstrip(),
        access_line(record, "json").decode().rstrip(),
        "Traceback PLANTED",
        "    PLANTED: an indented line",
        '{"message": "PLANTED"}',
        "{PLANTED",
        json.dumps({"ts": "1", "level": "info", "message": "x", "path": "PLANTED"}),
        "08:15:00 WARNING worker 1: 203.0.113.9 went away",
    ]
    assert list(shown_lines(lines, Scrubber())) == ["08:15:00 WARNING worker 1: [ip] went away"]
