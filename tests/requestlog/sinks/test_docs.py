"""What docs/sinks.md shows can be written into routing.yaml."""

from __future__ import annotations

import re
from pathlib import Path

from gateway.requestlog.policy import Sink
from gateway.requestlog.sinks.needed import all_sinks
from gateway.routing.parse import parse
from tests.requestlog.sinks.receivers import KINDS

DOCS = Path(__file__).parents[3] / "docs" / "sinks.md"
BEFORE = """
services: {blue: {url: "http://127.0.0.1:9"}}
routes: [{name: flights, path: /, weights: {blue: 100}}]
"""


def test_the_example_has_a_sink_of_each_kind() -> None:
    """And spans."""
    found = re.search(r"```yaml\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    plan = parse(BEFORE + found[1], model_exists=lambda *_: None)
    assert tuple(sink.kind for sink in plan.sinks) == KINDS
    assert len(all_sinks(plan.sinks, plan.tracing)) == len(KINDS) + 1


def test_the_defaults_are_those_it_says() -> None:
    """As people will rely on them."""
    usual, text = Sink("x", "directory", "y"), DOCS.read_text(encoding="utf-8")
    assert f"| `batch` | {usual.batch} |" in text
    assert f"| `timeout` | {usual.timeout:g}s |" in text
    assert f"| `spill` | {usual.spill // 2**30}GiB |" in text
