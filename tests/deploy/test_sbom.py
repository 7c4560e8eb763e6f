"""The bill of materials: whole, with licences that are allowed, and refused where anything is unknown."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from email.message import Message
from importlib.metadata import Distribution
from pathlib import Path
from typing import cast

import pytest

from deploy import sbom
from deploy.sbom import NotClean, check_allowed, document, licence_of, main, read_lock
from tests.deploy.running import ROOT

HASH = "a" * 64
LOCK = (
    f"one==1.2 \\\n    --hash=sha256:{HASH}\ntwo==3 ; sys_platform == 'win32' \\\n    --hash=sha256:{HASH}\n"
)


class About:
    """A package with this metadata."""

    def __init__(self, **fields: str) -> None:
        self.metadata = Message()
        for name, value in fields.items():
            self.metadata[name.replace("_", "-")] = value


def licence(**fields: str) -> str:
    """Return what is made of a package's metadata."""
    return licence_of("one", cast("Distribution", About(**fields)))


def test_it_lists_every_requirement_of_the_lock_and_every_vendored_file() -> None:
    """What requirements.txt pins is there with version and licence, and so are htmx and uPlot."""
    text = (ROOT / "requirements.txt").read_text()
    found = document(text)
    listed = {part["name"]: part for part in found["components"]}
    pinned = dict(re.findall(r"^([\w.-]+)==([\w.]+)", text, re.MULTILINE))
    assert {name: listed[name]["version"] for name in pinned} == pinned
    assert set(listed) - set(pinned) == {"htmx", "uPlot"}
    assert all(part["licenses"][0]["expression"] for part in found["components"])
    assert document(text) == found


def test_every_lock_has_hashes() -> None:
    """No requirement of any lock can be installed as something else than what was locked."""
    locks = sorted(ROOT.glob("requirements*.txt"))
    assert len(locks) >= 6
    for lock in locks:
        assert read_lock(lock.read_text())


def test_what_is_installed_fits_together() -> None:
    """pip finds no requirement missing or in a version that another one refuses."""
    done = subprocess.run(
        [sys.executable, "-m", "pip", "check", "--disable-pip-version-check"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_a_lock_is_read_with_markers_and_hashes() -> None:
    """Lines that go on, markers and comments are understood."""
    found = read_lock(f"# a remark\n{LOCK}")
    assert [(one.name, one.version, one.hashes) for one in found] == [
        ("one", "1.2", (HASH,)),
        ("two", "3", (HASH,)),
    ]


@pytest.mark.parametrize(
    "line", ["one==1.2", f"one>=1.2 --hash=sha256:{HASH}", "./one.whl", "one==1.2 --hash=md5:1"]
)
def test_what_is_not_pinned_is_refused(line: str) -> None:
    """By version and by hash, both."""
    with pytest.raises(NotClean, match="not pinned by version and sha256"):
        read_lock(line)


def test_licences_come_from_the_metadata() -> None:
    """The SPDX expression first, then classifiers, then a short licence field."""
    assert licence(License_Expression="MIT", Classifier="License :: OSI Approved :: BSD License") == "MIT"
    assert licence(Classifier="License :: OSI Approved :: ISC License (ISCL)") == "ISC"
    assert licence(License="BSD-3-Clause") == "BSD-3-Clause"
    assert licence_of("colorama", None) == "BSD-3-Clause"


def test_an_unknown_licence_is_refused() -> None:
    """No metadata, no licence in it, or one that nobody has decided about."""
    with pytest.raises(NotClean, match="not installed here"):
        licence_of("nobody-knows-it", None)
    with pytest.raises(NotClean, match="names no licence that is known"):
        licence(License="ask me")
    with pytest.raises(NotClean, match=r"AGPL-3\.0-only is not on the list"):
        check_allowed("one", "MIT AND AGPL-3.0-only")
    check_allowed("one", "MPL-2.0 AND (Apache-2.0 OR MIT)")


def test_a_vendored_file_without_a_licence_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever adds one must add its licence and name it."""
    (tmp_path / "new.min.js").write_text("")
    monkeypatch.setattr(sbom, "VENDOR", tmp_path)
    with pytest.raises(NotClean, match=r"name it in deploy/sbom\.py"):
        sbom.vendored()


def test_it_writes_the_file_and_a_list(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """JSON for programs, a line for each part for people."""
    assert main([str(tmp_path / "sbom.json")]) == 0
    written = json.loads((tmp_path / "sbom.json").read_text())
    assert (written["bomFormat"], written["specVersion"]) == ("CycloneDX", "1.6")
    assert len(capsys.readouterr().out.splitlines()) == len(written["components"])


def test_it_fails_with_a_reason(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit status 1 where something cannot be shipped as it is."""
    monkeypatch.setattr(sbom, "ALLOWED", frozenset({"MIT"}))
    assert main([]) == 1
    assert "is not on the list of licences" in capsys.readouterr().err
