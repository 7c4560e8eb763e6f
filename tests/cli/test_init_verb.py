"""`gateway init`: what it says, to people and to programs."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from gateway.cli.main import main


def run(folder: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Run the verb in a folder."""
    monkeypatch.setattr(sys, "argv", ["gateway", "init", *arguments])
    monkeypatch.chdir(folder)
    return main()


def test_it_says_what_it_wrote_and_what_comes_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Here, or in a folder whose name needs quotes; a second time it is refused with what to do."""
    assert run(tmp_path, monkeypatch) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "Now: gateway up"
    assert run(tmp_path, monkeypatch, "new site") == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "wrote new site/routing.yaml"
    assert said[-1] == "Now: cd 'new site' && gateway up"
    assert run(tmp_path, monkeypatch) == 1
    assert "name another folder, or move what is there away" in capsys.readouterr().err


def test_it_answers_in_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The folder, the files, and the next command."""
    assert run(tmp_path, monkeypatch, "site", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["folder"], told["next"]) == ("site", "cd site && gateway up")
    assert all((tmp_path / file).is_file() for file in told["files"])


def test_without_a_model_it_says_what_to_fill_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One file, and the addresses come first; nothing is missing, because nobody wanted a model."""
    assert run(tmp_path, monkeypatch, "--without-model") == 0
    assert capsys.readouterr().out.splitlines() == [
        "wrote routing.yaml",
        "",
        "Now: put the addresses of your services into routing.yaml, then: gateway up",
    ]
