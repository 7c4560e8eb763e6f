"""What holds for every verb: errors are sentences, and the list of verbs is whole."""

from __future__ import annotations

import sqlite3

from gateway.cli.verbs import GROUPS, VERBS
from gateway.routing import journal
from tests.cli.site import Site


def test_a_full_disk_is_a_sentence(site: Site) -> None:
    """Every verb says it with exit code 1."""

    def refuse(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    site.monkeypatch.setattr(journal, "append", refuse)
    said = site.run("set-weight", "canary=25")
    assert said.code == 1
    assert "disk is full" in said.err


def test_every_verb_is_registered_under_its_name(site: Site) -> None:
    """In the order in which they are listed, with hyphens as people type them."""
    listed = site.run("--help").out.partition("Commands:")[2]
    names = [line.split()[0] for line in listed.splitlines() if line.startswith("  ") and line[2] != " "]
    assert names == [*(verb.__name__.replace("_", "-") for verb in VERBS), *GROUPS]
