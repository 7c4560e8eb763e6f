"""Wheel and sdist: whole, the same each time, and enough to run from an empty folder."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from benchmarks.free_port import free_port
from deploy.dist import build, main
from tests.deploy.running import ROOT, ask, rain, running


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The wheel and the sdist of this tree."""
    wheel, sdist = build(tmp_path_factory.mktemp("dist"))
    return wheel, sdist


def package_files() -> set[str]:
    """Return what belongs to the package, data included."""
    files = (path for path in (ROOT / "gateway").rglob("*") if path.is_file())
    return {str(path.relative_to(ROOT)) for path in files if "__pycache__" not in path.parts}


def test_both_hold_every_file_of_the_package(built: tuple[Path, Path]) -> None:
    """Templates, scripts, styles and the starter are in the wheel and in the sdist."""
    wheel, sdist = built
    wanted = package_files()
    assert "gateway/starter/routing.yaml" in wanted
    assert any(name.startswith("gateway/control/pages/templates/") for name in wanted)
    with zipfile.ZipFile(wheel) as archive:
        assert wanted - set(archive.namelist()) == set()
    with tarfile.open(sdist) as tar:
        names = {name.partition("/")[2] for name in tar.getnames()}
    assert (wanted | {"pyproject.toml", "README.md", "LICENSE"}) - names == set()


def test_the_same_tree_gives_the_same_bytes(built: tuple[Path, Path], tmp_path: Path) -> None:
    """Built twice, both files have the same digest, and those are printed."""
    done = subprocess.run(
        [sys.executable, "deploy/dist.py", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for file in built:
        assert hashlib.sha256(file.read_bytes()).hexdigest() in done.stdout
        assert file.name in done.stdout


def test_it_says_what_it_built(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line for each of the two files."""
    assert main([str(tmp_path / "new")]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2


@pytest.fixture(scope="module")
def installed(built: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment into which pip installed the wheel; requirements are borrowed, to save minutes."""
    home = tmp_path_factory.mktemp("fresh") / "env"
    venv.create(home, with_pip=False)
    site = Path(sysconfig.get_path("purelib", vars={"base": str(home), "platbase": str(home)}))
    # a path named by a .pth file is searched, but its own .pth files (the editable gateway) are not read
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    pip = [sys.executable, "-m", "pip", "--python", str(home / "bin" / "python"), "install"]
    quiet = ["--quiet", "--disable-pip-version-check", "--no-index", "--no-deps", "--ignore-installed"]
    subprocess.run([*pip, *quiet, str(built[0])], check=True)
    return home


def test_the_wheel_runs_from_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    """`gateway init`, then `gateway up`, then a prediction; nothing of it comes from this source tree."""
    gateway = str(installed / "bin" / "gateway")
    where = [str(installed / "bin" / "python"), "-c", "import gateway; print(gateway.__file__)"]
    found = subprocess.run(where, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert found.startswith(str(installed))
    subprocess.run([gateway, "init"], cwd=tmp_path, check=True, capture_output=True)
    listen, admin = free_port(), free_port()
    options = ["--listen", f"127.0.0.1:{listen}", "--admin", f"127.0.0.1:{admin}", "--workers", "1"]
    with running([gateway, "up", *options], tmp_path):
        assert rain(listen)["model_name"] == "rain"
        assert ask(admin, "/readyz")[0] == 200
