"""`gateway whatif`: what people type, and what they get."""

from __future__ import annotations

import json

import pytest

from tests.cli.site import ROUTING, Site
from tests.whatif.logged import MODELS, divided, predicted, write


def recorded(site: Site) -> None:
    """Let the log have requests that the live plan divided, and some predictions."""
    plan = site.head().plan
    write(site.places, *divided(plan, 300, users=60), *predicted("v2", 40, version="blue", chosen="blue"))


def test_another_routing_is_told_as_tables_and_as_json(stopped: Site) -> None:
    """Whether the gateway runs or not; the exit code is 0."""
    recorded(stopped)
    other = stopped.folder / "other.yaml"
    other.write_text(ROUTING.replace("{blue: 90, green: 0, canary: 10}", "{blue: 50, green: 0, canary: 50}"))
    said = stopped.run("whatif", "--routing", "other.yaml")
    assert said.code == 0
    for part in (
        "late at /v2/models/late: 340 requests",
        "blue -> canary",
        "would serve %",
        " users would move",
    ):
        assert part in said.out
    found = stopped.run("whatif", "--routing", "other.yaml", "--json", "--route", "late").json()
    assert (found["routing"], found["requests"]) == ("other.yaml", 340)


def test_another_model_is_told_as_tables_and_as_json(site: Site) -> None:
    """Where it agrees, where not, and how fast it is here."""
    recorded(site)
    said = site.run("whatif", "--model", str(MODELS / "v3"))
    assert said.code == 0, said.err
    for part in ("late v3", "on 40 of 340", "answered by", "here, one row", "none was guessed"):
        assert part in said.out
    found = json.loads(site.run("whatif", "--model", str(MODELS / "v2"), "--json").out)
    assert found["agreement"][0]["same"] == 1.0


def test_a_file_with_mistakes_is_told_line_by_line(site: Site) -> None:
    """As `gateway check` does."""
    recorded(site)
    (site.folder / "bad.yaml").write_text(ROUTING.replace("stable: blue", "stabel: blue", 1))
    said = site.run("whatif", "--routing", "bad.yaml")
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("bad.yaml:9:5: `stabel` is not a known key")
    assert site.run("whatif", "--routing", "bad.yaml", "--json").json()["problems"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "either --routing FILE or --model FOLDER"),
        (["--routing", "routing.yaml", "--model", "v3"], "either --routing FILE or --model FOLDER"),
        (["--routing", "routing.yaml", "--since", "5"], "say the unit, as in `5s`, `5m`, `5h` or `5d`"),
        (["--routing", "routing.yaml", "--since", "soon"], "--since"),
    ],
)
def test_what_makes_no_sense_is_wrong_usage(site: Site, options: list[str], said: str) -> None:
    """With what to write instead."""
    found = site.run("whatif", *options)
    assert found.code == 2
    assert said in found.err


def test_nothing_recorded_says_what_to_do(site: Site) -> None:
    """The exit code is 1: there is no answer."""
    found = site.run("whatif", "--routing", "routing.yaml")
    assert found.code == 1
    assert "look further back with --since 7d" in found.err


def test_the_help_has_an_example(site: Site) -> None:
    """Of each kind."""
    said = site.run("whatif", "--help").out
    assert "Example: gateway whatif --routing other.yaml" in said
