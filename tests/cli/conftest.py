"""Fixtures of the command line's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.site import IDLE, Site, made


@pytest.fixture
def site(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Site]:
    """The files of a gateway that runs."""
    with made(tmp_path, monkeypatch, capsys, up=True) as found:
        yield found


@pytest.fixture
def idle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Site]:
    """The files of a gateway that runs, whose canary has nothing yet."""
    with made(tmp_path, monkeypatch, capsys, up=True, routing=IDLE) as found:
        yield found


@pytest.fixture
def stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Site]:
    """The files of a gateway that was stopped."""
    with made(tmp_path, monkeypatch, capsys, up=False) as found:
        yield found
