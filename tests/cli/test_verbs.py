"""What people type, and what they get."""

from __future__ import annotations

import sqlite3

import pytest

from gateway.routing import journal
from tests.cli.site import Site


def test_set_weight_gives_a_share_and_keeps_the_others_proportions(site: Site) -> None:
    """The change is live, in the journal and in the file with its remarks."""
    said = site.run("set-weight", "canary=25", "--reason", "looks good")
    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines()[:2] == ["revision 2 is live", "  late: blue 75 %, green 0 %, canary 25 %"]
    assert (site.head().action, site.head().reason, site.head().file) == (
        "set-weight",
        "looks good",
        "written",
    )
    assert "weights: {blue: 75, green: 0, canary: 25}   # keep this remark" in site.config.read_text()
    assert "nothing to change at revision 2" in site.run("set-weight", "canary=25%").out


def test_set_weight_takes_several_and_a_route(site: Site) -> None:
    """As JSON it says what is live and whether anything changed."""
    found = site.run("set-weight", "green=30", "canary=0.5", "--json").json()
    assert (found["revision"], found["changed"], found["file"]) == (2, True, "")
    assert found["routes"][0] == {"name": "late", "weights": {"blue": 69.5, "green": 30.0, "canary": 0.5}}
    assert "several routes have blue" in site.run("set-weight", "blue=10").err
    assert site.run("set-weight", "blue=10", "--route", "protocol").code == 0


@pytest.mark.parametrize(
    ("arguments", "said", "code"),
    [
        (["canary"], "write SERVICE=PERCENT", 2),
        (["=5"], "write SERVICE=PERCENT", 2),
        (["canary=much"], "write SERVICE=PERCENT", 2),
        (["canary=101"], "from 0 to 100", 2),
        (["canary=-1"], "from 0 to 100", 2),
        (["canary=nan"], "from 0 to 100", 2),
        (["canary=1", "canary=2"], "named twice", 2),
        (["nobody=1"], "there is no service nobody; there is blue", 1),
        (["cannary=1"], "did you mean canary?", 1),
        (["canary=1", "--route", "lat"], "there is no route lat", 1),
        (["canary=60", "blue=60"], "more than 100 %", 1),
    ],
)
def test_a_weight_that_makes_no_sense_is_refused(
    site: Site, arguments: list[str], said: str, code: int
) -> None:
    """With a message that says why: 2 for what cannot be understood, 1 for what cannot be. No change."""
    answer = site.run("set-weight", *arguments)
    assert said in answer.err
    assert answer.code == code
    assert site.head().revision == 1


def test_check_says_all_that_is_wrong_or_that_it_is_fine(site: Site) -> None:
    """People get lines, programs get JSON; the exit code tells."""
    assert site.run("check").out.startswith("routing.yaml: fine\n")
    assert site.run("check", "--json").json() == {"ok": True, "routes": 3, "services": 3}
    bad = site.folder / "bad.yaml"
    bad.write_text(
        site.config.read_text().replace("stable: blue", "stabel: blue").replace("canary: 10", "canary: x")
    )
    said = site.run("check", "bad.yaml")
    assert (said.code, said.out) == (1, "")
    assert [line.partition(" ")[0] for line in said.err.splitlines()] == [
        "bad.yaml:9:5:",
        "bad.yaml:10:43:",
        "bad.yaml:16:5:",
    ]
    assert len(site.run("check", "bad.yaml", "--json").json()["problems"]) == 3
    assert "there is no such file" in site.run("check", "none.yaml").err


def test_history_lists_revisions_with_what_changed(site: Site) -> None:
    """Newest first, each with author, time, reason and difference; a reason may hold any characters."""
    site.run("set-weight", "canary=25", "--reason", "up [/b]")
    site.run("rollback")
    said = site.run("history")
    assert said.code == 0
    assert "up [/b]" in said.out
    entries = site.run("history", "--json", "--limit", "2").json()
    assert [(entry["revision"], entry["action"]) for entry in entries] == [(3, "rollback"), (2, "set-weight")]
    assert entries[1]["reason"] == "up [/b]"
    assert any("canary 10 % -> 25 %" in change for change in entries[1]["changes"])
    assert "first revision" in site.run("history", "--json").json()[-1]["changes"][0]


def test_status_shows_routes_weights_and_processes(site: Site) -> None:
    """As tables for people and as JSON for programs."""
    said = site.run("status")
    assert said.code == 0
    assert "late at /v2/models/late" in said.out
    assert "stable is blue" in said.out
    found = site.run("status", "--json").json()
    assert found["routes"][0]["weights"] == {"blue": 90.0, "green": 0.0, "canary": 10.0}
    assert found["routes"][0]["stable"] == "blue"


def test_status_of_a_stopped_gateway_is_a_failure(stopped: Site) -> None:
    """It says how to start it, as a table, as JSON and while watching."""
    for options in ([], ["--json"], ["--watch"]):
        said = stopped.run("status", *options)
        assert said.code == 1
        assert "no gateway is running" in said.out + said.err


def test_a_stopped_gateway_records_weights_for_its_next_start(stopped: Site) -> None:
    """The file says so already; that nobody serves it is a failure."""
    said = stopped.run("set-weight", "canary=25")
    assert said.code == 1
    assert "revision 2 is recorded, but no gateway is running" in said.err
    assert stopped.weights()["canary"] == 25_000


def test_explain_says_which_version_answers_and_why(site: Site) -> None:
    """By the live plan, in words and as JSON."""
    said = site.run("explain", "--path", "/v2/models/late/infer", "--header", "X-Canary=always")
    assert (said.code, said.out.partition(",")[0]) == (0, "canary answers")
    found = site.run("explain", "--path", "/v2/models/late", "--header", "x-user-id=42", "--json").json()
    assert (found["route"], found["reason"]) == ("late", "sticky")


def test_without_a_gateway_explain_goes_by_the_file(site: Site) -> None:
    """Before the first start it says what would be."""
    said = site.run("explain", "--path", "/sure", "--state-dir", "nothing-here")
    assert said.code == 0
    assert said.out.startswith("green answers")
    assert "there is no such file" in site.run("explain", "--state-dir", "no", "--config", "no.yaml").err


def test_a_full_disk_is_a_sentence(site: Site) -> None:
    """Every verb says it with exit code 1."""

    def refuse(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    site.monkeypatch.setattr(journal, "append", refuse)
    said = site.run("set-weight", "canary=25")
    assert said.code == 1
    assert "disk is full" in said.err


def test_up_says_what_is_wrong_with_the_file(site: Site) -> None:
    """Refused before anything is started."""
    said = site.run("up", "--config", "none.yaml", "--state-dir", "fresh")
    assert said.code == 1
    assert "none.yaml: there is no such file" in said.err


def test_serve_says_what_is_wrong_with_the_folder(site: Site) -> None:
    """A folder that is no model version is refused."""
    said = site.run("serve", "nothing")
    assert said.code == 1
    assert "nothing" in said.err
