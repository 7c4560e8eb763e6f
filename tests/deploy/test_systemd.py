"""The unit of systemd: hardened, correct, and kind to requests that are under way."""

from __future__ import annotations

import configparser
import re
import subprocess
from pathlib import Path

import pytest

from tests.deploy.running import ROOT, needed

UNIT = ROOT / "deploy" / "systemd" / "gateway.service"
MOST_EXPOSED = 2.0
"""systemd calls up to 4.9 OK; what the unit reaches is written down in docs/deploy/systemd.md."""


def settings() -> configparser.SectionProxy:
    """Return the last value of each setting of the service."""
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string(UNIT.read_text())
    return parser["Service"]


def test_it_may_write_to_its_own_folder_alone() -> None:
    """As a user of its own, without rights, on a system that is read-only to it."""
    service = settings()
    assert (service["User"], service["ProtectSystem"], service["StateDirectory"]) == (
        "gateway",
        "strict",
        "gateway",
    )
    assert service["CapabilityBoundingSet"] == service["AmbientCapabilities"] == ""
    assert "ReadWritePaths" not in service


def test_it_lets_the_supervisor_drain() -> None:
    """SIGTERM to the supervisor alone, and more time than the drain of 30 s takes; its death is mended."""
    service = settings()
    assert (service["KillMode"], service["Restart"]) == ("mixed", "always")
    assert int(service["TimeoutStopSec"]) > 30
    assert not any(key.startswith("ExecStartPre") for key in service), "a broken file must not stop a start"


@pytest.fixture
def analyze() -> str:
    """systemd-analyze, which needs no systemd that runs."""
    return needed("systemd-analyze", "systemd")


def test_systemd_finds_it_hardened(analyze: str) -> None:
    """`systemd-analyze security` calls it OK."""
    done = subprocess.run(
        [analyze, "security", "--offline=true", "--no-pager", str(UNIT)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = re.search(r"Overall exposure level for gateway.service: ([\d.]+) (\w+)", done.stdout)
    assert found is not None, done.stdout
    assert (found[2], float(found[1]) <= MOST_EXPOSED) == ("OK", True)


def test_systemd_finds_no_mistake_in_it(analyze: str, tmp_path: Path) -> None:
    """`systemd-analyze verify` is silent, once the commands are ones that this machine has."""
    copy = tmp_path / UNIT.name
    copy.write_text(UNIT.read_text().replace("/opt/gateway/.venv/bin/gateway", "/bin/true"))
    done = subprocess.run(
        [analyze, "verify", "--man=no", str(copy)], capture_output=True, text=True, check=False
    )
    about_it = [line for line in done.stderr.splitlines() if UNIT.stem in line]
    assert (done.returncode, about_it) == (0, [])
