"""`gateway replay` as people type it."""

from __future__ import annotations

from dataclasses import replace

from tests.cli.records import decided, write
from tests.cli.site import Site


def test_it_derives_the_gateways_own_journal(stopped: Site) -> None:
    """Whether or not it runs; nothing recorded yet is no failure."""
    assert "nothing to derive again" in stopped.run("replay").out
    write(stopped.places.journal, decided(2), decided(2, bad=200))
    said = stopped.run("replay")
    assert (said.code, said.err) == (0, "")
    assert said.out == "2 verdicts and 1 decision of 1 rollout derived again: all the same, bit for bit\n"


def test_a_difference_is_a_failure(site: Site) -> None:
    """Told with its place, as JSON as well."""
    honest = decided(2)
    write(site.places.journal, replace(honest, verdict=replace(honest.verdict, outcome="pass")))
    said = site.run("replay")
    assert said.code == 1
    assert 'verdict.outcome: recorded "pass", derived' in said.out
    found = site.run("replay", "--json", "--rollout", "2")
    assert (found.code, found.json()["verdicts"], found.json()["rollouts"]) == (1, 1, [2])
    assert found.json()["differences"][0]["what"] == "verdict.outcome"


def test_another_journal_may_be_named(site: Site) -> None:
    """A path that is none is refused with what to do."""
    other = site.folder / "copy.db"
    write(other, decided(5))
    assert site.run("replay", "--journal", "copy.db", "--json").json()["rollouts"] == [5]
    said = site.run("replay", "--journal", "none.db")
    assert (said.code, said.out) == (1, "")
    assert "none.db: there is no journal" in said.err
    (site.folder / "text.db").write_text("no database")
    assert "not a database" in site.run("replay", "--journal", "text.db").err
