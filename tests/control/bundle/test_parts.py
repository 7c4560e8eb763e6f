"""What a bundle is made of."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.control.bundle.parts import Source, parts, source_of
from gateway.routing.change import Request, commit
from gateway.routing.file_sync import begin
from gateway.routing.places import Places
from gateway.routing.run_directory import prepare
from gateway.routing.shares import set_shares
from gateway.watching import store
from tests.requestlog.lake_log import gap, record, segment

CONFIG = """\
notify: [{webhook: "https://hooks.example/PLANTEDhook1"}]
services: {blue: {url: http://127.0.0.1:9}, canary: {url: http://127.0.0.1:9}}
routes: [{name: late, path: /late, stable: blue, weights: {blue: 90, canary: 10}}]
"""


@pytest.fixture
def places(tmp_path: Path) -> Iterator[Places]:
    """The files of a gateway with two revisions and a log with users' data."""
    (tmp_path / "routing.yaml").write_text(CONFIG)
    found = prepare(tmp_path / ".gateway")
    begin(found, Request("file", "file"), tmp_path / "routing.yaml")
    reason = Request("set-weight", "cli:me", "for PLANTED@x.example, see https://x.example/PLANTED")
    commit(found, reason, lambda plan: set_shares(plan, {"canary": 25.0}))
    segment(found.log, 0, [record(1, inputs={"name": ["PLANTED"]}, key="PLANTED", path="/PLANTED"), gap(3)])
    found.log.pseudonym_key.write_bytes(b"PLANTED pseudonym key of 32 byte")
    yield found
    shutil.rmtree(found.run.resolve(), ignore_errors=True)


def made(source: Source) -> dict[str, str]:
    """Make all parts; one that fails says its error."""
    found = {}
    for name, make in parts(source).items():
        try:
            found[name] = make()
        except (OSError, sqlite3.Error) as error:
            found[name] = f"failed: {error}"
    return found


def test_nothing_planted_is_in_any_part(places: Places, tmp_path: Path) -> None:
    """Neither of the file nor of the log, nor of the environment that the file names."""
    config = tmp_path / "routing.yaml"
    config.write_text(CONFIG.replace("notify: [", "notify: [{slack: '${URL}'}, "))
    source = source_of(places, config, {"URL": "PLANTEDvalue9", "OTHER": "x"})
    found = made(source)
    assert "PLANTED" not in json.dumps(found)
    assert "PLANTED" not in source.scrubber.text("the log repeats PLANTEDhook1 and PLANTEDvalue9")
    assert not any(text.startswith("failed") for text in found.values())


def test_the_parts_say_what_they_should(places: Places, tmp_path: Path) -> None:
    """Status, history with differences, gaps, sizes, metrics."""
    found = made(source_of(places, tmp_path / "routing.yaml", {}))
    assert json.loads(found["status.json"])["revision"] == 2
    assert json.loads(found["check.json"])["ok"]
    history = json.loads(found["history.json"])
    assert [one["revision"] for one in history] == [2, 1]
    assert any("canary 10 % -> 25 %" in change for change in history[0]["changes"])
    assert json.loads(found["gaps.json"])[0]["records"] == 3
    assert json.loads(found["log-sizes.json"])["open"]["files"] == 1
    assert "gateway_version_weight_ratio" in found["metrics.txt"]
    assert "goes to no file" in found["log-lines.txt"]
    assert "90" in found["routing.yaml"]


def test_a_broken_file_is_told_with_its_problems(places: Places, tmp_path: Path) -> None:
    """And nothing quoted from it where it is not even YAML."""
    config = tmp_path / "routing.yaml"
    config.write_text(CONFIG.replace("stable: blue", "stable: PLANTED…") + "secret: PLANTEDx")
    found = made(source_of(places, config, {}))
    assert not json.loads(found["check.json"])["ok"]
    config.write_text("a: [PLANTED\n'b")
    found = made(source_of(places, config, {}))
    assert "PLANTED" not in json.dumps(found)
    assert json.loads(found["check.json"])["problems"]
    assert "left out" in found["routing.yaml"]


def test_alerts_are_without_their_queries(places: Places, tmp_path: Path) -> None:
    """Which may name what users sent."""
    with store.opened(places.watch) as connection:
        alert = {"rule": "errors", "route": "late", "query": "SELECT PLANTED"}
        store.set_states(connection, "alert", {("errors", "late", "", ""): alert})
    found = json.loads(made(source_of(places, tmp_path / "routing.yaml", {}))["alerts.json"])
    assert found == {"alerts": [{"rule": "errors", "route": "late"}], "silences": []}


def test_where_nothing_was_ever_started_the_machine_is_told(tmp_path: Path) -> None:
    """The other parts fail on their own."""
    source = source_of(Places(tmp_path / "none"), tmp_path / "none.yaml", {})
    assert json.loads(parts(source)["system.json"]())["cpus"] >= 1
    with pytest.raises(OSError, match="No such file"):
        parts(source)["history.json"]()
