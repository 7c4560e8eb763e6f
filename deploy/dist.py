"""Builds the wheel and the sdist with flit_core alone, so nothing is fetched: `python deploy/dist.py dist`.

The same tree gives the same bytes: every file has the time of SOURCE_DATE_EPOCH, 2020 where that is not set.
"""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EPOCH = "1577836800"


def build(folder: Path) -> list[Path]:
    """Write wheel and sdist into a folder, made where it is missing; return the two files."""
    from flit_core import buildapi  # type: ignore[import-untyped]

    target = folder.resolve()
    target.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("SOURCE_DATE_EPOCH", EPOCH)
    before = Path.cwd()
    os.chdir(ROOT)  # build back ends work on the current folder
    try:
        return [target / buildapi.build_wheel(str(target)), target / buildapi.build_sdist(str(target))]
    finally:
        os.chdir(before)


def main(arguments: list[str]) -> int:
    """Build into the folder named by the first argument, and say what and which digests came of it."""
    for file in build(Path(arguments[0] if arguments else "dist")):
        print(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
