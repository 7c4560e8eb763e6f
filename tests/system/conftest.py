"""Whole gateways: real processes on free ports, small services in this process, clients that keep count."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.gateway_under_test import ROUTING, Gateway
from tests.system.services import Services


@pytest.fixture(scope="session")
def services() -> Iterator[Services]:
    """Three services that say their names."""
    with Services(("blue", "green", "canary")) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path, services: Services) -> Iterator[Path]:
    """A folder with a routing.yaml; what a gateway leaves in memory is removed."""
    (tmp_path / "routing.yaml").write_text(ROUTING.format(**services.urls))
    yield tmp_path
    run = tmp_path / ".gateway" / "run"
    if run.exists():
        shutil.rmtree(run.resolve())


@pytest.fixture
def gateway(folder: Path) -> Iterator[Gateway]:
    """A running gateway of two workers."""
    with Gateway(folder) as running:
        yield running
