"""How records are shown."""

from __future__ import annotations

import json

from gateway.cli.common import find_running
from gateway.cli.tail_filter import conditions
from gateway.cli.tail_lines import last_records, line_of
from tests.cli.site import Site
from tests.requestlog.lake_log import record, sealed_segment, segment


def test_a_line_says_what_matters() -> None:
    """Time (UTC), status, how long, who answered what; its outcome where that is not `ok`."""
    one = line_of(record(1, outcome="retried"), as_json=False, colours=False)
    assert one == f"00:00:01.000 200      2.5 ms late blue POST /v2/models/late/infer {1:032x} retried"
    assert line_of(record(2, route=None, version=None), as_json=False, colours=False).split()[4:6] == [
        "-",
        "-",
    ]


def test_colours_are_by_status_and_nothing_else_reaches_the_terminal() -> None:
    """What a client put into its path is made harmless."""
    one = line_of(record(1, status=503, path="/a\x1b[2J\n"), as_json=False, colours=True)
    assert "\x1b[31;1m503\x1b[0m" in one
    assert one.count("\x1b") == 2
    assert "/a?[2J?" in one


def test_json_is_the_record() -> None:
    """On one line."""
    assert json.loads(line_of(record(1), as_json=True)) == record(1)


def test_the_last_ones_come_oldest_first_and_as_they_were_written(stopped: Site) -> None:
    """From segments and sealed files alike."""
    log = stopped.places.log
    first = record(0, parameters={"a": [1]}, notes=["request_cut"])
    sealed_segment(log, 0, [first, record(1, version="green")])
    segment(log, 5, [record(5)])
    running = find_running(None, str(stopped.config))
    assert last_records(running, [], 9) == [
        first, record(1, version="green"), record(5),
    ]  # fmt: skip
    assert [r["n"] for r in last_records(running, conditions("", "blue", "", []), 1)] == [5]
