"""The servers of the comparison: each before the same recorder, with the settings it comes with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import contenders
from benchmarks.strictness_servers import EDGE, servers


def test_each_listens_and_asks_where_it_is_told(tmp_path: Path) -> None:
    """On loopback; all but uvicorn have the recorder behind them."""
    for server in servers():
        folder = tmp_path / server.name
        folder.mkdir()
        command = " ".join(server.command(folder, 8001, 8002))
        settings = "".join(file.read_text() for file in folder.iterdir())
        assert "8001" in command + settings
        assert "0.0.0.0" not in command + settings
        assert ("8002" in settings) is not server.name.startswith("uvicorn")


def test_envoy_is_asked_twice(tmp_path: Path) -> None:
    """As it comes, and with what its documentation recommends at the edge."""
    managers = {}
    for server in servers():
        if server.name.startswith("Envoy"):
            server.command(tmp_path, 8001, 8002)
            (listener,) = json.loads((tmp_path / "envoy.json").read_text())["static_resources"]["listeners"]
            managers[server.name] = listener["filter_chains"][0]["filters"][0]["typed_config"]
    assert EDGE.items() <= managers["Envoy, edge settings"].items()
    assert not EDGE.keys() & managers["Envoy"].keys()


def test_a_missing_program_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The page shows the reason."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("BENCH_ENVOY", raising=False)
    monkeypatch.setattr(contenders, "ROOT", tmp_path)
    missing = {server.name: server.missing for server in servers()}
    assert missing["nginx"] == "`apt install nginx`"
    assert "make strictness" in missing["Envoy"]
    assert missing["gateway"] == missing["uvicorn, h11"] == ""
