"""How a verb finds its gateway, and how it says that it could not."""

from __future__ import annotations

import json
import os
import pwd
import sqlite3
from functools import partial
from pathlib import Path

import pytest

from gateway.cli.common import author, fail, find_running, is_held, print_json, state_of, trouble, write_file
from gateway.errors import ConfigError, GatewayError, Problem
from gateway.files import held
from gateway.routing import file_sync
from gateway.routing.change import locked
from gateway.routing.places import Places
from tests.cli.site import Site


def test_the_state_directory_is_the_one_named_or_lies_beside_the_file() -> None:
    """`.gateway/` where nothing else is said."""
    assert state_of("here", "there/routing.yaml") == Path("here")
    assert state_of(None, "there/routing.yaml") == Path("there/.gateway")
    assert state_of(None, None) == Path(".gateway")


def test_a_running_gateway_is_found_with_its_file(site: Site) -> None:
    """The file is the one it was started with, whatever is named now."""
    site.places.processes.write_text(json.dumps({"config": "/elsewhere/routing.yaml"}))
    found = find_running(str(site.places.state), "other.yaml")
    assert (found.is_up, found.config) == (True, "/elsewhere/routing.yaml")
    assert is_held(site.places)


def test_a_stopped_gateway_is_found_as_such(stopped: Site) -> None:
    """Its file is the one named, else the one beside its state directory."""
    found = find_running(str(stopped.places.state), None)
    assert (found.is_up, found.config) == (False, str(stopped.config))
    assert find_running(str(stopped.places.state), "named.yaml").config == "named.yaml"
    assert not is_held(stopped.places)


def test_where_there_never_was_one_it_says_what_to_do(tmp_path: Path) -> None:
    """Start one, or say where it is; nothing is made by looking."""
    with pytest.raises(
        GatewayError, match=r"start one with `gateway up`, or say where it is with --state-dir"
    ):
        find_running(str(tmp_path / "none"), None)
    assert not is_held(Places(tmp_path / "none"))
    assert not (tmp_path / "none").exists()


def test_the_author_is_who_types(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also behind sudo; without a name in the environment it is the user database's, else the number."""
    monkeypatch.setenv("USER", "root")
    monkeypatch.setenv("SUDO_USER", "me")
    assert author() == "cli:me"
    monkeypatch.delenv("SUDO_USER")
    assert author() == "cli:root"
    monkeypatch.delenv("USER")
    assert author() == f"cli:{pwd.getpwuid(os.getuid()).pw_name}"

    def nobody(_: int) -> None:
        raise KeyError

    monkeypatch.setattr(pwd, "getpwuid", nobody)
    assert author() == f"cli:{os.getuid()}"


def test_failures_are_told_to_people_or_programs(capsys: pytest.CaptureFixture[str]) -> None:
    """A message on standard error, or JSON with every problem of a file."""
    error = ConfigError("routing.yaml", [Problem(2, 5, "is wrong")])
    assert fail(error) == 1
    assert capsys.readouterr().err == "routing.yaml:2:5: is wrong\n"
    assert fail(error, as_json=True) == 1
    assert json.loads(capsys.readouterr().out) == {
        "error": "routing.yaml:2:5: is wrong",
        "problems": [{"line": 2, "column": 5, "message": "is wrong"}],
    }
    assert fail(GatewayError("no"), as_json=True) == 1
    assert json.loads(capsys.readouterr().out) == {"error": "no"}


def test_what_the_system_refuses_is_said_in_words() -> None:
    """With the path where there is one, else it is the journal's."""
    assert str(trouble(PermissionError(13, "Permission denied", "/x"))).startswith("/x: Permission denied; ")
    assert str(trouble(OSError("odd"))).startswith("the journal: odd; ")


def test_json_is_printed_whole(capsys: pytest.CaptureFixture[str]) -> None:
    """For programs: one document."""
    print_json({"a": [1, 2]})
    assert json.loads(capsys.readouterr().out) == {"a": [1, 2]}


@pytest.mark.parametrize(
    "arguments", [("rollback",), ("set-weight", "canary=25"), ("rollout", "green", "--route", "late")]
)
def test_a_file_that_others_hold_is_a_warning(
    site: Site, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was asked for is live, so the exit code is 0; the journal knows what the file has yet to say."""
    monkeypatch.setattr(file_sync, "locked", partial(locked, timeout=0.01))
    with held(site.places.file_lock, 1.0):
        said = site.run(*arguments)
    assert said.code == 0, said.err
    assert "warning: revision 2 is live, but routing.yaml does not say so yet, because " in said.err
    assert "file.lock has been held for 0.01 s by another process that changes routing" in said.err
    assert "routing.yaml is written as soon as it lets go" in said.err
    assert (site.head().revision, site.head().file) == (2, "pending")


def test_the_same_for_programs(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the member that is empty where the file says what is live."""
    monkeypatch.setattr(file_sync, "locked", partial(locked, timeout=0.01))
    with held(site.places.file_lock, 1.0):
        said = site.run("rollback", "--json")
    assert (said.code, said.json()["revision"]) == (0, 2)
    assert "does not say so yet" in said.json()["file"]


@pytest.mark.parametrize(
    "error", [PermissionError(13, "Permission denied"), sqlite3.OperationalError("disk I/O error")]
)
def test_no_trouble_with_the_file_makes_a_live_change_a_failure(
    site: Site, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the disk or the journal's database would not do is told."""

    def failing(*_: object) -> None:
        raise error

    monkeypatch.setattr(file_sync, "write_back", failing)
    said = write_file(find_running(str(site.places.state), str(site.config)), 7)
    assert said is not None
    assert said["message"].startswith("revision 7 is live, but routing.yaml does not say so yet, because ")
    assert str(error) in said["message"]
