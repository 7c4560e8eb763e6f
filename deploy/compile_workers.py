"""Compiles what is on the request path with mypyc, for workers that need less CPU time per request.

Run with the Python of an environment that has requirements-compile.txt, and a C compiler:

    python deploy/compile_workers.py .venv

The copy goes to `compiled/` of the environment named; `gateway up` finds it there. The source is not touched.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from gateway.supervision.compiled import PACKAGE, compiled_home, source_digest  # noqa: E402

HOT = (
    "http/framing.py",
    "http/headers.py",
    "http/message.py",
    "http/strict.py",
    "monitoring/tally.py",
    "proxy/context.py",
    "proxy/exchange.py",
    "proxy/observe.py",
    "proxy/outbox.py",
    "proxy/pool.py",
    "proxy/server.py",
    "proxy/table.py",
    "proxy/upstream.py",
    "routing/match.py",
    "routing/split.py",
    "statistics/histogram.py",
)
"""What every request runs through."""


def main(arguments: list[str]) -> int:
    """Compile into the environment named by the first argument."""
    home = compiled_home(arguments[0])
    target = home / source_digest()
    if target.is_dir():
        print(f"compiled already: {target}")
        return 0
    if shutil.which(os.environ.get("CC", "cc")) is None:
        print("no C compiler found (apt-get install gcc python3-dev): workers run as plain Python")
        return 1
    with tempfile.TemporaryDirectory() as folder:
        built = Path(folder)
        shutil.copytree(PACKAGE, built / PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__"))
        failed = _build(built)
        if failed:
            print(f"compiling failed, so workers run as plain Python:\n{failed[-2000:]}", file=sys.stderr)
            return 1
        _install(built, home, target)
    print(f"compiled: {target}")
    return 0


def _build(folder: Path) -> str:
    """Compile in place; return what went wrong, or nothing."""
    modules = [f"{PACKAGE.name}/{name}" for name in HOT]
    setup = (
        "from mypyc.build import mypycify\nfrom setuptools import setup\n"
        f"setup(name='compiled', packages=[], ext_modules=mypycify({modules!r}, opt_level='3'))\n"
    )
    (folder / "setup.py").write_text(setup)
    command = [sys.executable, "setup.py", "--quiet", "build_ext", "--inplace"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr if done.returncode else ""


def _install(built: Path, home: Path, target: Path) -> None:
    """Put the copy in its place in one step, and drop those of other sources."""
    home.mkdir(exist_ok=True)
    for old in home.iterdir():
        shutil.rmtree(old)
    making = home / f".{target.name}"
    making.mkdir()
    shutil.copytree(built / PACKAGE.name, making / PACKAGE.name)
    for shared in built.glob("*.so"):
        shutil.copy(shared, making)
    making.replace(target)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
