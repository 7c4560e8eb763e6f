"""The `gateway` command finds its verb and answers with 0, 1 or 2."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from gateway.cli import rollback, verbs
from gateway.cli.main import CHANGES, INTERRUPTED
from tests.cli.site import Site

CTRL_C = """
import os, signal, sys

class Dying:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)

class Finder:
    def find_spec(self, name, *_):
        if name == "gateway.errors":
            Dying() if how == "printed" else os.kill(os.getpid(), signal.SIGINT)

how = sys.argv.pop(1)
sys.meta_path.insert(0, Finder())
from gateway.cli.main import main
sys.exit(main())
"""
"""Ctrl-C while the verb's imports run, where Python raises it or where it would print it and go on."""
VERBS = tuple(verb.__name__.replace("_", "-") for verb in verbs.VERBS)


def test_every_verb_has_a_help_page_with_an_example(site: Site) -> None:
    """And the list of verbs names them all."""
    listed = site.run("--help")
    assert listed.code == 0
    for verb in VERBS:
        assert verb in listed.out
        said = site.run(verb, "--help")
        assert said.code == 0
        assert f"Example: gateway {verb}" in said.out


@pytest.mark.parametrize(
    "arguments", [["fly"], ["status", "--jsn"], ["set-weight"], ["history", "--limit", "0"]]
)
def test_wrong_usage_is_exit_code_2(site: Site, arguments: list[str]) -> None:
    """The message says what is wrong with it."""
    said = site.run(*arguments)
    assert said.code == 2
    assert "Usage: gateway" in said.err


def test_without_a_verb_the_help_is_shown(site: Site) -> None:
    """Nobody is left with an empty line."""
    said = site.run()
    assert said.code == 2
    assert "set-weight" in said.out + said.err


def test_as_a_program_the_exit_code_is_the_processs() -> None:
    """`python -m gateway.cli.main` is the same command."""
    run = subprocess.run(
        [sys.executable, "-m", "gateway.cli.main", "rollback", "--what"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 2
    assert "--what is not an option" in run.stderr


@pytest.mark.parametrize(
    ("verb", "how"), [("status", "raised"), ("rollback", "raised"), ("rollback", "printed")]
)
def test_ctrl_c_in_the_first_moments_is_exit_code_130_and_no_word(verb: str, how: str) -> None:
    """Whatever verb it was to be, and whatever Python was at."""
    run = subprocess.run(
        [sys.executable, "-c", CTRL_C, how, verb], capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout, run.stderr) == (INTERRUPTED, "", "")


def test_ctrl_c_later_is_the_same(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database makes an error of its own of it; nobody wants to read that."""

    def app(**_: object) -> None:
        try:
            os.kill(os.getpid(), signal.SIGINT)
        except KeyboardInterrupt:
            raise RuntimeError("Query interrupted") from None

    monkeypatch.setattr(verbs, "app", app)
    said = site.run("query", "SELECT 1")
    assert (said.code, said.out, said.err) == (INTERRUPTED, "", "")


@pytest.mark.parametrize("verb", CHANGES)
def test_ctrl_c_while_a_change_is_made_says_how_to_see_whether_it_is(
    site: Site, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    """It may be live already: at 3 a.m. nobody should have to guess."""

    def interrupted(_: list[str]) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(rollback, "main", interrupted)
    monkeypatch.setattr(verbs, "run", interrupted)
    said = site.run(verb)
    assert (said.code, said.out) == (INTERRUPTED, "")
    assert said.err == "interrupted; `gateway history` says whether it is done already\n"
