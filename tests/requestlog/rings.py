"""What tests of rings write into them: frames that can be told apart byte by byte."""

from __future__ import annotations

import tempfile
from pathlib import Path

from gateway.requestlog.ring_layout import AT_HEAD, AT_TAIL

_NAMED = {"head": AT_HEAD, "tail": AT_TAIL}


def frame_of(number: int, size: int) -> bytes:
    """Return a frame that shows its number in every eight bytes, none of which is zero at its end."""
    pattern = (number & 0xFFFF_FFFF).to_bytes(4, "little") + b"\xa5\x5a\xc3\x3c"
    return (size.to_bytes(4, "little") + pattern * (size // 8 + 1))[:size]


def number_in(frame: bytes) -> int:
    """Return the number of a frame of eight bytes or more."""
    return int.from_bytes(frame[4:8], "little")


def fresh_path() -> Path:
    """Return a path in a folder of its own, for tests that cannot have a fixture."""
    return Path(tempfile.mkdtemp(prefix="ring-")) / "ring-0"


def remove(path: Path) -> None:
    """Remove such a path with its folder."""
    path.unlink()
    path.parent.rmdir()


def word(path: Path, place: int | str, value: int) -> None:
    """Store one word of a ring's header behind the back of both sides."""
    at = _NAMED[place] if isinstance(place, str) else place
    with path.open("r+b") as file:
        file.seek(at * 8)
        file.write(value.to_bytes(8, "little"))
