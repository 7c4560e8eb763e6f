"""Key files are asked about once each, and told at their own place."""

from __future__ import annotations

from gateway.routing.read_key_files import UNCHECKED_KEYS, KeyChecks, check_key_files
from gateway.routing.report import Report
from gateway.routing.yaml_nodes import Mapping
from gateway.routing.yaml_tree import read

TEXT = """\
auth: {keys: all.keys}
admin: {audit_key: trail.key}
routes:
- {name: a, auth: {keys: a.keys}}
- {name: b, auth: {keys: all.keys}}
- {name: c, auth: [keys]}
"""


def told(checks: KeyChecks) -> list[tuple[int, str]]:
    """Return what is said of TEXT, each with its line."""
    root, problems = read(TEXT)
    assert isinstance(root, Mapping)
    assert not problems
    report = Report()
    check_key_files(report, {key.value: value for key, value in root.pairs}, checks)
    return [(problem.line, problem.message) for problem in report.problems]


def test_each_place_that_names_a_file_which_cannot_be_used_is_told() -> None:
    """Of the gateway's clients, of a route's, and of the audit trail."""
    assert told(KeyChecks(lambda path: f"no {path}", lambda path: f"no {path} here")) == [
        (1, "`keys` cannot be `all.keys`: no all.keys"),
        (4, "`keys` cannot be `a.keys`: no a.keys"),
        (5, "`keys` cannot be `all.keys`: no all.keys"),
        (2, "`audit_key` cannot be `trail.key`: no trail.key here"),
    ]


def test_a_file_that_many_routes_name_is_asked_about_once() -> None:
    """Reading it takes time, and twice might say two things."""
    asked: list[str] = []
    assert told(KeyChecks(asked.append)) == []
    assert asked == ["all.keys", "a.keys"]


def test_without_files_at_hand_every_file_is_believed_to_be_there() -> None:
    """What is no text is told by whoever reads it, not here."""
    assert told(UNCHECKED_KEYS) == []
