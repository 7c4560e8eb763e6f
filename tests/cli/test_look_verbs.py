"""The verbs that only look: what people type, and what they get."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.cli.site import Site


def test_check_says_all_that_is_wrong_or_that_it_is_fine(site: Site) -> None:
    """People get lines, programs get JSON; the exit code tells."""
    assert site.run("check").out.startswith("routing.yaml: fine\n")
    assert site.run("check", "--json").json() == {"ok": True, "routes": 3, "services": 3, "warnings": []}
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


def test_check_refuses_an_admin_side_that_up_would_refuse(site: Site) -> None:
    """At the line of its address, and with the flags of `gateway up` that allow it."""
    text = site.config.read_text().replace("admin: 127.0.0.1:", "admin: 0.0.0.0:", 1)
    (site.folder / "far.yaml").write_text(text if "0.0.0.0" in text else f"admin: 0.0.0.0:9590\n{text}")
    said = site.run("check", "far.yaml")
    assert (said.code, said.out) == (1, "")
    assert "far.yaml:1:8: `admin` 0.0.0.0:" in said.err
    assert "say --admin-without-tls" in said.err
    assert site.run("check", "far.yaml", "--json").json()["problems"][0]["line"] == 1
    assert site.run("check", "far.yaml", "--admin-without-tls").code == 0


def test_check_warns_of_names_that_no_model_has(site: Site) -> None:
    """It is fine all the same: a later version may have them."""
    model = site.folder / "m"
    model.mkdir()
    shutil.copy(Path(__file__).parents[2] / "model_versions" / "v1" / "model.yaml", model)
    log = "log: {filter: {keep: [carier]}}"
    (site.folder / "named.yaml").write_text(
        f"services: {{blue: {{model: m}}}}\nweights: {{blue: 1}}\n{log}\n"
    )
    said = site.run("check", "named.yaml")
    warning = "`keep` of `filter` names `carier`, which no model of route default declares"
    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines()[-1] == f"  warning: {warning}; did you mean `carrier`?"
    assert site.run("check", "named.yaml", "--json").json()["warnings"][0].startswith(warning)


def test_check_warns_of_a_key_that_is_not_there(site: Site) -> None:
    """It is fine all the same: the gateway may find it."""
    log = "log: {encryption_key: log.key, filter: {encrypt: [name]}}"
    services = "services: {blue: {url: http://127.0.0.1:9001}}\nweights: {blue: 1}\n"
    (site.folder / "keyed.yaml").write_text(services + log + "\n")
    said = site.run("check", "keyed.yaml")
    assert (said.code, said.err) == (0, "")
    assert "  warning: encryption_key: the file log.key cannot be read" in said.out
    (site.folder / "log.key").write_text("00" * 32)
    assert "warning" not in site.run("check", "keyed.yaml").out


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
