"""`gateway plan` from what is typed to what is printed."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.cli.common import WrongUsage
from gateway.cli.plan_verb import plan
from gateway.errors import ChangeRefused, GatewayError
from gateway.monitoring import tally
from gateway.monitoring.tally import OK, SERVER_ERROR, TallyWriter
from gateway.rollout import recent
from gateway.routing.slot import published
from tests.cli.site import Site

GIVEN: dict[str, Any] = {"rate": 50.0, "error_rate": "1%", "route": "late", "steps": "5,25,100"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a routing.yaml, in which nothing has been started."""
    (tmp_path / "routing.yaml").write_text(
        "services: {blue: {url: http://127.0.0.1:9001}, canary: {url: http://127.0.0.1:9003}}\n"
        "routes:\n  - {name: late, path: /, stable: blue, weights: {blue: 1, canary: 0}}\n"
        "  - {name: pinned, path: /p, stable: blue, weights: {blue: 1}, sticky: {header: x-user-id}}\n"
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("folder")
def test_it_plans_before_anything_was_started(capsys: pytest.CaptureFixture[str]) -> None:
    """From routing.yaml alone and what is given."""
    plan("canary", **GIVEN)
    said = capsys.readouterr().out
    assert said.startswith("canary beside blue on route late: 50 requests/s, 1.0 % fail at blue\nas given\n")
    assert "step 25 %" in said
    assert "to 100 %" in said


def test_json_and_chart_say_the_same(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Weights in percent; null for what never happens, which JSON has no number for."""
    plan("canary", **GIVEN, as_json=True, svg=folder / "plan.svg")
    said = capsys.readouterr().out
    found = json.loads(said, parse_constant=pytest.fail)
    assert (found["canary"], found["stable"], found["route"], found["counts"]) == (
        "canary",
        "blue",
        "late",
        "requests",
    )
    assert [step["weight"] for step in found["steps"]] == [5.0, 25.0]
    assert found["steps"][0]["detections"][0]["size"] == 1.25
    assert found["worst"]["bad"] > 0
    assert (folder / "plan.svg").read_text().startswith("<svg ")


@pytest.mark.usefixtures("folder")
def test_the_same_question_has_the_same_answer(capsys: pytest.CaptureFixture[str]) -> None:
    """Chance is drawn from one seed."""
    said = []
    for _ in range(2):
        plan("canary", **GIVEN)
        said.append(capsys.readouterr().out)
    assert said[0] == said[1]


@pytest.mark.usefixtures("folder")
def test_a_sticky_route_counts_users(capsys: pytest.CaptureFixture[str]) -> None:
    """And says so."""
    plan("canary", **{**GIVEN, "route": "pinned"}, as_json=True)
    found = json.loads(capsys.readouterr().out)
    assert found["counts"] == "users"
    assert any("count users" in note for note in found["notes"])


@pytest.mark.usefixtures("folder")
def test_without_traffic_it_says_what_to_type() -> None:
    """No gateway runs here, and no rate was given."""
    with pytest.raises(GatewayError, match=r"nothing is known of the traffic of route late.*--rate 50"):
        plan("canary", route="late")


@pytest.mark.usefixtures("folder")
def test_errors_that_are_not_given_are_assumed_and_said_to_be(capsys: pytest.CaptureFixture[str]) -> None:
    """One in a hundred."""
    plan("canary", route="late", rate=50.0, as_json=True)
    found = json.loads(capsys.readouterr().out)
    assert found["error_rate"] == 0.01
    assert "--error-rate" in found["source"]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"rate": 0.0}, "--rate 0"),
        ({"rate": float("nan")}, "--rate nan"),
        ({"error_rate": "0%"}, "--error-rate 0%"),
        ({"error_rate": "much"}, "--error-rate much"),
        ({"error_rate": "70%"}, "up to 50 %"),
        ({"steps": "25,5"}, "--steps 25,5"),
        ({"steps": "all"}, "--steps all"),
    ],
)
def test_what_makes_no_sense_is_wrong_usage(given: dict[str, Any], said: str) -> None:
    """With what to write instead."""
    with pytest.raises(WrongUsage, match=said):
        plan("canary", **{**GIVEN, **given})


@pytest.mark.usefixtures("folder")
def test_only_a_version_that_is_there_and_not_stable_can_be_planned() -> None:
    """The names that would do are told."""
    with pytest.raises(ChangeRefused, match="blue is stable on route late already"):
        plan("blue", **GIVEN)
    with pytest.raises(ChangeRefused, match="canary"):
        plan("canray", **GIVEN)


def test_a_running_gateway_tells_its_traffic(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rate and errors are those of the last seconds; what is given counts more. Nothing is changed."""
    for module, at in ((tally, 1000.0), (recent, 1010.0)):
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda at=at: at))
    block = TallyWriter(site.places.tally(0), 1).block("late", "blue", 1)
    for outcome, count in ((OK, 1960), (SERVER_ERROR, 40)):
        for _ in range(count):
            block.count(outcome)
            block.words[block.histogram + 40] += 1
    monkeypatch.chdir(site.folder)
    before = published(site.places)
    plan("canary", route="late", as_json=True)
    found = json.loads(capsys.readouterr().out)
    assert found["rate"] == pytest.approx(200, rel=0.05)
    assert found["error_rate"] == pytest.approx(0.02)
    assert found["source"] == "40 of 2,000 answers of blue since the gateway was started failed"
    assert found["steps"][0]["finds_latency"] is not None
    plan("canary", route="late", rate=10.0, error_rate="3", as_json=True)
    found = json.loads(capsys.readouterr().out)
    assert (found["rate"], found["error_rate"]) == (10.0, 0.03)
    assert published(site.places) == before


def test_its_help_has_an_example() -> None:
    """As every verb's has."""
    import typer

    app = typer.Typer(rich_markup_mode=None)
    app.command("plan")(plan)
    said = CliRunner().invoke(app, ["--help"]).output
    assert "Example: gateway plan canary --steps 1,5,25,100 --rate 50 --error-rate 1%" in said
