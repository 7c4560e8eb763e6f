"""The chart of a plan: well-formed, complete, and dependent on nothing else."""

from __future__ import annotations

import math
from dataclasses import replace
from xml.etree import ElementTree

from gateway.cli.plan_svg import LEFT, RIGHT, WIDTH, chart
from gateway.rollout.outlook import Outlook
from tests.cli.plans import ASK, OUTLOOK

NAMESPACE = "{http://www.w3.org/2000/svg}"


def parsed(outlook: Outlook = OUTLOOK) -> ElementTree.Element:
    """Return the chart as a tree; it would not parse if it were not well-formed."""
    return ElementTree.fromstring(chart(ASK, outlook))


def texts(root: ElementTree.Element) -> list[str]:
    """Return all that can be read in it."""
    return [element.text or "" for element in root.iter(f"{NAMESPACE}text")]


def test_it_shows_each_step_and_each_regression() -> None:
    """With its chance and its bad answers, and what is to be said below."""
    found = texts(parsed())
    assert "step 1 %" in found
    assert "step 25 %" in found
    assert found.count("3 × the errors") == 2
    assert "86%, 3.2 bad" in found
    assert "no worse: over after 1.7 min (p90 3.3 min)" in found
    assert any(text.startswith("better: --steps 2,50,100") for text in found)
    assert "warning: step 1 %: too short" in found


def test_a_dot_is_filled_where_it_is_likely_to_be_found() -> None:
    """Three in each step are; one more lies within the picture, and what takes longer has no dot."""
    kinds = [circle.get("class") for circle in parsed().iter(f"{NAMESPACE}circle")]
    assert (kinds.count("found"), kinds.count("missed")) == (6, 2)
    far = replace(OUTLOOK, steps=(replace(OUTLOOK.steps[1], seconds_p90=9000.0),))
    kinds = [circle.get("class") for circle in parsed(far).iter(f"{NAMESPACE}circle")]
    assert (kinds.count("found"), kinds.count("missed")) == (3, 2), "a wider picture has the slower one too"


def test_everything_lies_within_the_picture() -> None:
    """Also what never happens: it is written at the right edge."""
    root = parsed(
        replace(OUTLOOK, steps=(replace(OUTLOOK.steps[0], seconds=math.inf, seconds_p90=math.inf),))
    )
    for circle in root.iter(f"{NAMESPACE}circle"):
        assert LEFT <= float(circle.get("cx", "")) <= WIDTH - RIGHT
    for text in root.iter(f"{NAMESPACE}text"):
        assert 0 <= float(text.get("x", "")) <= WIDTH
        assert 0 <= float(text.get("y", "")) <= float(root.get("height", ""))
    assert "never ›" in texts(root)


def test_it_can_be_read_on_light_and_dark_and_loads_nothing() -> None:
    """Names are text and nothing else, whatever is in them."""
    drawn = chart(replace(ASK, canary='<b>"&', route="late"), OUTLOOK)
    assert "prefers-color-scheme: dark" in drawn
    assert "<b>" not in drawn
    assert drawn.count("http") == 1, "the namespace"
    assert ElementTree.fromstring(drawn).get("aria-label", "").startswith('<b>"& beside blue')
