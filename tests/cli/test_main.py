"""The `gateway` command finds its verb and answers with 0, 1 or 2."""

from __future__ import annotations

import subprocess
import sys

import pytest

from gateway.cli import verbs
from tests.cli.site import Site

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
