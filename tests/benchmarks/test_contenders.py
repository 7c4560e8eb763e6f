"""The proxies that are compared."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import contenders
from benchmarks.configs import Site


def test_ours_is_measured_like_any_other(tmp_path: Path) -> None:
    """First in the list, one worker, its own state directory, the same site as the rest."""
    ours = contenders.contenders()[0]
    command = ours.prepare(Site(tmp_path, 8001, 8002, 8003, 8004))
    assert ours.name == contenders.OURS
    assert command[1:] == [
        *("up", "--config", str(tmp_path / "routing.yaml"), "--state-dir", str(tmp_path / "state")),
        *("--workers", "1", "--listen", "127.0.0.1:8001", "--admin", "127.0.0.1:8002"),
    ]
    assert "http://127.0.0.1:8004" in (tmp_path / "routing.yaml").read_text()


def test_a_missing_program_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The table shows the reason in place of figures."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("BENCH_ENVOY", raising=False)
    monkeypatch.setattr(contenders, "ROOT", tmp_path)
    missing = {one.name: one.missing() for one in contenders.contenders()}
    assert missing[contenders.NGINX] == "nginx is not installed: `apt install nginx`"
    assert "make bench" in missing[contenders.ENVOY]
    assert missing[contenders.STARLETTE] == ""


def test_a_program_named_by_its_variable_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    """BENCH_ENVOY points anywhere."""
    monkeypatch.setenv("BENCH_ENVOY", "/opt/envoy")
    assert contenders.bench_program("envoy", "BENCH_ENVOY") == "/opt/envoy"


def test_each_contender_of_the_protocols_gets_a_certificate_of_its_own(tmp_path: Path) -> None:
    """In its folder, with its configuration."""
    for one in contenders.protocol_contenders():
        folder = tmp_path / one.name
        folder.mkdir()
        command = one.prepare(Site(folder, 8001, 8002, 8003, 8004, 8005, 8006))
        written = {file.name for file in folder.iterdir()}
        assert {"site.pem", "site.key"} < written
        (file,) = written - {"site.pem", "site.key"}
        assert str(folder / file) in command
        assert "8005" in (folder / file).read_text()
