"""A routing.yaml for others."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.control.bundle.config import shown_config
from gateway.routing.yaml_tree import read

PLANTED = """\
# PLANTED remark
listen: 127.0.0.1:8080   # PLANTED remark
notify:
  - webhook: https://hooks.example/services/PLANTEDa/b?sig=PLANTEDb
    secret: 'PLANTEDc'
  - slack: ${SLACK_URL}
  - command: /bin/page --token PLANTEDd ${PAGE}
  - webhook: >  # PLANTED remark
      https://hooks.example/PLANTEDe
log: {encryption_key: PLANTEDf}
services:
  blue: {url: "http://u:PLANTEDg@127.0.0.1:9001"}
routes:
  - name: late
    weights: {blue: 90}
    api_token: PLANTEDi
    override:
      - {header: x-canary, value: always, to: blue}
      - {header: x-canary, value: PLANTEDj, to: blue}
    rollout: {hooks: [{url: "https://ci.example/PLANTEDk?x=1"}]}
"""


def test_no_secret_and_no_remark_is_shown() -> None:
    """In whatever form it is written."""
    found = shown_config(PLANTED)
    assert "PLANTED" not in found.text
    assert found.readable
    for kept in (
        "127.0.0.1:8080",
        "https://hooks.example/…",
        "${SLACK_URL}",
        "/bin/page …${PAGE}",
        "value: always",
    ):
        assert kept in found.text


def test_what_was_taken_out_is_known() -> None:
    """As a whole and in parts, so that it is found where something else repeats it."""
    secrets = shown_config(PLANTED).secrets
    assert {"PLANTEDc", "PLANTEDf", "PLANTEDa", "PLANTEDd", "PLANTEDi"} <= secrets
    assert not {"services", "hooks.example", "https:", "always"} & secrets


def test_lines_stay_where_they_were() -> None:
    """Problems name lines; what has no secrets is the same YAML."""
    text = "services: {b: {url: http://127.0.0.1:9}}   # here\n\nroutes:\n  - {name: 'it''s', path: '/a#b'}\n"
    found = shown_config(text).text
    assert found == text.replace("   # here", "")
    assert len(shown_config(PLANTED).text.split("\n")) >= len(PLANTED.split("\n"))
    assert shown_config(PLANTED).text.split("\n")[1] == "listen: 127.0.0.1:8080"


def test_it_is_still_yaml() -> None:
    """Whatever stood there."""
    assert read(shown_config(PLANTED).text)[1] == []


@pytest.mark.parametrize("text", ["", "a: [PLANTED", "\tPLANTED", "a: &x PLANTED\nb: *x", "a: 1\na: PLANTED"])
def test_of_what_is_no_yaml_nothing_is_shown(text: str) -> None:
    """Since what in it is secret cannot be told."""
    assert "PLANTED" not in shown_config(text).text


def test_the_projects_own_file_is_shown_whole_but_for_remarks() -> None:
    """There is no secret in it."""
    text = (Path(__file__).parents[3] / "routing.yaml").read_text()
    found = shown_config(text)
    assert found.secrets == frozenset()
    assert [line.partition("#")[0].rstrip() for line in text.split("\n")] == found.text.split("\n")
