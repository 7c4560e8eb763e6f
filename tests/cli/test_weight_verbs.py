"""Weights set by hand: what people type, and what they get."""

from __future__ import annotations

import pytest

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


def test_a_stopped_gateway_records_weights_for_its_next_start(stopped: Site) -> None:
    """The file says so already; that nobody serves it is a failure."""
    said = stopped.run("set-weight", "canary=25")
    assert said.code == 1
    assert "revision 2 is recorded, but no gateway is running" in said.err
    assert stopped.weights()["canary"] == 25_000
