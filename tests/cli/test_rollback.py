"""`gateway rollback` works without anybody's help, and tells at once what is live."""

from __future__ import annotations

import errno
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.routing import change, file_sync, journal, writing_back
from gateway.routing.slot import PlanSlot, published
from tests.cli.site import Site


def test_everything_goes_to_stable(site: Site) -> None:
    """Published, journalled with author and reason, and written to the file with its comments."""
    said = site.run("rollback", "--reason", "errors on canary")
    assert (said.code, said.err) == (0, "")
    assert "revision 2 is live after" in said.out
    assert "late: blue 100 %, green 0 %, canary 0 %" in said.out
    assert "protocol: blue 100 %, green 0 %" in said.out
    head = site.head()
    assert (head.action, head.reason, head.file) == ("rollback", "errors on canary", "written")
    assert head.author.startswith("cli:")
    assert published(site.places) == head.plan
    with PlanSlot(site.places) as slot:
        assert slot.word[0] == 2
    assert "weights: {blue: 100, green: 0, canary: 0}   # keep this remark" in site.config.read_text()


def test_once_is_enough(site: Site) -> None:
    """The second time says that there is nothing to change, and is no failure."""
    site.run("rollback")
    said = site.run("rollback")
    assert (said.code, site.head().revision) == (0, 2)
    assert "nothing to change: revision 2 is live" in said.out


def test_one_route_or_an_earlier_revision(site: Site) -> None:
    """--route leaves the others alone; --to brings everything back, also written as r1."""
    site.run("rollback", "--route", "protocol")
    assert site.weights()["canary"] == 10_000
    site.run("rollback")
    said = site.run("rollback", "--to=r1")
    assert said.code == 0
    assert (site.head().revision, site.head().action, site.head().reason) == (
        4,
        "restore",
        "back to revision 1",
    )
    assert site.weights() == {"blue": 90_000, "green": 0, "canary": 10_000}
    assert "blue: 90, green: 0, canary: 10" in site.config.read_text()


def test_what_waits_for_a_reload_is_told(site: Site) -> None:
    """An earlier revision may bring another address, or another buffer."""
    text = site.config.read_text()
    site.config.write_text(f"listen: 127.0.0.1:8090\nlog: {{buffer: 1MiB}}\n{text}")
    file_sync.follow_file(site.places, change.Request("file", "file"), site.config)
    said = site.run("rollback", "--to", "1")
    assert "  listen: 127.0.0.1:8090 -> 127.0.0.1:8080, from the next `gateway reload` on" in said.out
    assert "  log.buffer in bytes: 1048576 -> 16777216, from the next `gateway reload` on" in said.out


def test_json_for_programs(site: Site) -> None:
    """What is live, how long it took, and whether the file says so; failures as JSON as well."""
    found = site.run("rollback", "--json").json()
    assert (found["revision"], found["changed"], found["file"]) == (2, True, "")
    assert found["milliseconds"] > 0
    assert found["routes"][0] == {"name": "late", "weights": {"blue": 100.0, "green": 0.0, "canary": 0.0}}
    said = site.run("rollback", "--to", "77", "--json")
    assert (said.code, said.json()["error"]) == (1, "there is no revision 77; see: gateway history")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--tu", "1"], "--tu is not an option"),
        (["now"], "now is not an option"),
        (["--to"], "--to needs a value"),
        (["--to", "last"], "--to needs the number"),
        (["--to", "²"], "--to needs the number"),
        (["--to", "1" * 5000], "--to needs the number"),
        (["--to="], "--to needs the number"),
        (["--to", "1", "--route", "late"], "cannot go with --route"),
        (["--json=yes"], "--json takes no value"),
    ],
)
def test_wrong_usage_changes_nothing(site: Site, arguments: list[str], said: str) -> None:
    """Exit code 2, what is wrong, and how it is used."""
    answer = site.run("rollback", *arguments)
    assert answer.code == 2
    assert said in answer.err
    assert "Usage: gateway rollback" in answer.err
    assert site.head().revision == 1


def test_an_empty_value_is_a_value(site: Site) -> None:
    """--reason= gives none and takes nothing else for it; an empty route is no route, not every route."""
    said = site.run("rollback", "--reason=", "--json")
    assert (said.json()["revision"], site.head().reason) == (2, "")
    site.run("rollback", "--to", "1")
    said = site.run("rollback", "--route", "")
    assert said.code == 1
    assert "there is no route" in said.err
    assert site.weights()["canary"] == 10_000


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--to", "9" * 18], "there is no revision"),
        (["--route", "lat"], "there is no route lat; there is late"),
    ],
)
def test_what_cannot_be_done_is_refused(site: Site, arguments: list[str], said: str) -> None:
    """Exit code 1 and a message; nothing is changed."""
    answer = site.run("rollback", *arguments)
    assert answer.code == 1
    assert said in answer.err
    assert site.head().revision == 1


def test_help(site: Site) -> None:
    """How it is used, with an example."""
    for option in ("--help", "-h"):
        said = site.run("rollback", option)
        assert said.code == 0
        assert "Example: gateway rollback" in said.out


def test_a_stopped_gateway_is_told_apart(stopped: Site) -> None:
    """The change is recorded for the next start, and that nobody serves it is a failure."""
    said = stopped.run("rollback")
    assert said.code == 1
    assert "revision 2 is recorded, but no gateway is running here to serve it" in said.err
    assert stopped.weights()["blue"] == 100_000


def test_a_file_that_cannot_be_written_is_a_warning(site: Site) -> None:
    """What is live is live: exit code 0, and the file's trouble beside it."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    site.monkeypatch.setattr(writing_back, "write_text", refuse)
    said = site.run("rollback")
    assert said.code == 0
    assert "revision 2 is live" in said.out
    assert "warning: what is live is revision 2, and routing.yaml does not say so" in said.err


@pytest.mark.parametrize(
    "error",
    [sqlite3.OperationalError("database or disk is full"), PermissionError(13, "Permission denied", "/x")],
)
def test_a_journal_that_cannot_be_written_is_said(site: Site, error: Exception) -> None:
    """A full disk is a sentence with exit code 1, not a stack of calls."""

    def refuse(*_: object) -> None:
        raise error

    site.monkeypatch.setattr(journal, "append", refuse)
    said = site.run("rollback")
    assert said.code == 1
    assert "disk is full" in said.err or "Permission denied" in said.err
    assert "nothing" in said.err
    assert published(site.places) == site.head().plan


def test_it_loads_nothing_it_does_not_need(tmp_path: Path) -> None:
    """No typer, rich, YAML, asyncio or pydantic is imported before the plan is out."""
    code = "import sys, gateway.cli.rollback; print(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    heavy = {"typer", "click", "rich", "yaml", "asyncio", "pydantic", "logging", "http.client", "numpy"}
    assert heavy & set(run.stdout.split()) == set()
