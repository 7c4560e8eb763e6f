"""What people type to switch, up to where the checks of the version itself begin."""

from __future__ import annotations

import pytest

from gateway.errors import GatewayError
from gateway.rollout import switch
from gateway.routing.change import Request
from gateway.routing.file_sync import begin
from tests.cli.site import Site

SWITCH = ("switch", "green", "--route", "late")


def freeze(site: Site) -> None:
    """Have the file say that every day is frozen, and take that in force."""
    windows = "[Mon 00:00 - Fri 00:00, Thu 00:00 - Tue 00:00]"
    rollout = f"    rollout: {{freeze: {windows}}}\n"
    text = site.config.read_text().replace("    sticky:", f"{rollout}    sticky:")
    site.config.write_text(text)
    begin(site.places, Request("file", "file"), site.config)


@pytest.fixture
def carried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is checked or moved: that it would be is said."""

    def carry_out(*_: object) -> None:
        raise GatewayError("carried out")

    monkeypatch.setattr(switch, "carry_out", carry_out)


@pytest.mark.usefixtures("carried")
def test_a_rollout_under_way_is_not_run_over(idle: Site) -> None:
    """Unless that is wanted."""
    assert idle.run("rollout", "canary").code == 0
    said = idle.run(*SWITCH)
    assert said.code == 1
    assert "a rollout of canary is under way on route late (step 1 of 4, 5 %)" in said.err
    assert "or switch all the same with --force" in said.err
    assert "carried out" in idle.run(*SWITCH, "--force").err


@pytest.mark.usefixtures("carried")
def test_a_freeze_window_refuses_it(idle: Site) -> None:
    """Unless it is wanted; another route is not meant."""
    freeze(idle)
    said = idle.run(*SWITCH)
    assert said.code == 1
    assert "route late is frozen (" in said.err
    assert "--force" in said.err
    assert "carried out" in idle.run(*SWITCH, "--force").err
    assert "carried out" in idle.run("switch", "green", "--route", "protocol").err


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("none.json", None, "--sample none.json cannot be read: No such file or directory"),
        (".", None, "--sample . cannot be read: Is a directory"),
        ("latin.json", b"\xff", "--sample latin.json is no text in UTF-8"),
        ("bad.json", b"{}\n{", "bad.json:2: this is no JSON document"),
        ("empty.json", b"", "empty.json has 0 requests"),
    ],
)
def test_samples_that_cannot_be_read_are_wrong_usage(
    site: Site, name: str, content: bytes | None, said: str
) -> None:
    """Naming the file; nothing is changed."""
    if content is not None:
        (site.folder / name).write_bytes(content)
    answer = site.run(*SWITCH, "--sample", name)
    assert answer.code == 2
    assert said in answer.err
    assert site.head().revision == 1
