"""How far a sink has come, kept on disk: stored only after the target has taken what lies before it."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import orjson

from gateway.errors import GatewayError
from gateway.files import sync


@dataclass(frozen=True, slots=True)
class Position:
    """The next byte to read, and what became of everything before it, since the sink was first there.

    `passed` counts the segment's records before the offset. `segment` empty: it has not begun. `lost` were
    given up or are gone; `vanished` are segments that were gone before anybody had counted what they held.
    """

    segment: str = ""
    offset: int = 0
    passed: int = 0
    sent: int = 0
    refused: int = 0
    lost: int = 0
    vanished: int = 0


def load(path: Path) -> Position:
    """Return the position stored, else the very begin; raises GatewayError where it is damaged."""
    try:
        found = orjson.loads(path.read_bytes())
    except FileNotFoundError:
        return Position()
    except ValueError as error:
        raise GatewayError(f"{path} is damaged ({error})") from None
    known = {field.name: type(field.default) for field in fields(Position)}
    if not isinstance(found, dict) or any(type(found.get(name)) is not kind for name, kind in known.items()):
        raise GatewayError(f"{path} holds no position")
    return Position(**{name: found[name] for name in known})


def store(path: Path, position: Position) -> None:
    """Replace the position on disk so that it outlives a power cut; raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = path.with_name(f"{path.name}.tmp")
    with beside.open("wb") as file:
        file.write(orjson.dumps(asdict(position)))
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    sync(path.parent)
