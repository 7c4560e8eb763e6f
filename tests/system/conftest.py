"""Whole gateways: real processes on free ports, small services in this process, clients that keep count."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.gateway_under_test import ROUTING, Gateway
from tests.system.secure_site import lay_out
from tests.system.services import Services
from tests.system.socket_services import SocketServices
from tests.system.web_services import WebServices
from tests.tls_files import Authority


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


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Who signs the certificates."""
    return Authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="session")
def web() -> Iterator[WebServices]:
    """Two services that tell what they were asked."""
    with WebServices("blue", "canary") as running:
        yield running


@pytest.fixture(scope="session")
def sockets() -> Iterator[SocketServices]:
    """Two services that speak WebSocket."""
    with SocketServices("old", "new") as running:
        yield running


@pytest.fixture(scope="session")
def secure(
    tmp_path_factory: pytest.TempPathFactory, authority: Authority, web: WebServices, sockets: SocketServices
) -> Iterator[Gateway]:
    """A gateway with TLS that many tests share, so none of them changes it; its log shows no traceback."""
    folder = tmp_path_factory.mktemp("secure")
    lay_out(folder, authority, {**web.urls, **sockets.urls})
    with Gateway(folder) as running:
        yield running
    assert "Traceback" not in running.said()


@pytest.fixture
def secure_folder(tmp_path: Path, authority: Authority, web: WebServices, sockets: SocketServices) -> Path:
    """A folder with the routing.yaml of a gateway with TLS, for a test that changes things."""
    lay_out(tmp_path, authority, {**web.urls, **sockets.urls})
    return tmp_path


@pytest.fixture
def secure_gateway(secure_folder: Path) -> Iterator[Gateway]:
    """A gateway with TLS that a test may change."""
    with Gateway(secure_folder) as running:
        yield running
    assert "Traceback" not in running.said()
