"""The `limits` of routing.yaml."""

from __future__ import annotations

from dataclasses import fields

import pytest

from gateway.routing.read_limits import read_limits
from gateway.routing.report import Report
from gateway.routing.settings import Limits
from gateway.routing.yaml_tree import read


def limits_of(text: str) -> tuple[Limits, list[str]]:
    """Return the limits written in a text, and what was told about them."""
    node, problems = read(text)
    assert node is not None
    report = Report(problems)
    return read_limits(report, node), [problem.message for problem in report.problems]


@pytest.mark.parametrize("key", [field.name for field in fields(Limits)])
def test_every_limit_has_a_key(key: str) -> None:
    """Each key changes its own limit and no other."""
    value = "7s" if key.endswith("_timeout") else "9000"
    wanted: dict[str, float] = {key: 7.0 if key.endswith("_timeout") else 9000}
    if key == "fields":
        value, wanted = "90", {key: 90}
    assert limits_of(f"{{{key}: {value}}}") == (Limits(**wanted), [])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "{head: 1KiB, url: 1023}",
        "{head: 1MiB, url: 64KiB}",
        "{url: 256}",
        "{body: 0}",
        "{body: 1024GiB}",
        "{fields: 1, connections: 1, connections_per_address: 1, requests_per_connection: 1}",
    ],
)
def test_the_ends_of_the_ranges_are_allowed(text: str) -> None:
    """From the smallest to the largest, both included."""
    assert limits_of(text)[1] == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{head: 1023}", "`head` must be from 1KiB to 1MiB"),
        ("{head: 1025KiB}", "`head` must be from 1KiB to 1MiB"),
        ("{url: 255}", "`url` must be from 256 to 64KiB"),
        ("{body: 1025GiB}", "`body` must be from 0 to 1024GiB"),
        ("{fields: 1001}", "from 1 to 1000"),
        ("{head_timeout: 1d}", "write it as"),
        ("{head: 8KiB, url: 8KiB}", "`url` (8KiB) must be smaller than `head` (8KiB)"),
        ("{head: 8KiB}", "`url` (8KiB by default) must be smaller than `head` (8KiB)"),
        ("{url: 32KiB}", "`url` (32KiB) must be smaller than `head` (32KiB by default)"),
        ("[a]", "`limits` must be a mapping"),
        ("{hed: 1KiB}", "did you mean `head`?"),
        ("{head: 1, url: 9KiB}", "`head` must be from"),
    ],
)
def test_a_mistake_is_told_once(text: str, says: str) -> None:
    """One sentence each; a limit that is wrong in itself is not compared with another."""
    _, [message] = limits_of(text)
    assert says in message
