"""Workers run compiled where that has been done: the same source, made into C by mypyc.

A compiled copy is a whole package in a folder named by the digest of the source it was made from, so one that
does not belong to this source is never used. Everything else runs as plain Python, and so do workers where
nothing was compiled.
"""

from __future__ import annotations

import sys
from hashlib import blake2b
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent


def source_digest(package: Path = PACKAGE) -> str:
    """Return what tells this source, on this Python, from any other."""
    digest = blake2b(sys.implementation.cache_tag.encode(), digest_size=16)
    for path in sorted(package.rglob("*.py")):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(package)}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def compiled_home(prefix: str = sys.prefix) -> Path:
    """Return the folder in this environment that holds compiled copies."""
    return Path(prefix) / "compiled"


def compiled_copy(home: Path, package: Path = PACKAGE) -> Path | None:
    """Return the folder to put first on a worker's path, or None where this source is not compiled."""
    if not home.is_dir():
        return None
    copy = home / source_digest(package)
    return copy if (copy / package.name).is_dir() else None
