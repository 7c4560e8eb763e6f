"""`gateway debug bundle`: what an engineer needs to see what is wrong, in one file."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.common import DEFAULT_CONFIG, find_running, print_json, say, state_of
from gateway.cli.options import CONFIG, Config, Json, StateDir
from gateway.errors import GatewayError

if TYPE_CHECKING:
    from gateway.control.bundle.write import Part
    from gateway.routing.places import Places

app = typer.Typer(help="For when something is wrong and nobody knows what.", no_args_is_help=True)

Out = Annotated[Path | None, typer.Option(help="The file to write (default: gateway-debug-<time>.tar.gz).")]


@app.callback()
def _debug() -> None:
    """For when something is wrong and nobody knows what."""


@app.command()
def bundle(
    out: Out = None,
    as_json: Json = False,
    state_dir: StateDir = None,
    config: Config = CONFIG,
) -> None:
    """Write everything that helps to see what is wrong into one file that may be sent to somebody.

    It works while the gateway runs, hangs or is down, and holds no user data and no secrets.

    Example: gateway debug bundle --out /tmp/for-support.tar.gz
    """
    from gateway.control.bundle.parts import parts, source_of
    from gateway.control.bundle.write import Part, gathered, readme, write

    at = time.time()
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(at))
    file = out or Path(f"gateway-debug-{stamp}.tar.gz")
    source = source_of(*_whose(state_dir, config))
    found = gathered(parts(source), source)
    about = Part("README.txt", readme(found, stamp), 0.0)
    size = write([about, *found], file, f"gateway-debug-{stamp}", at)
    if as_json:
        print_json({"file": str(file), "bytes": size, "parts": [_told(part) for part in found]})
    else:
        say(_in_words(file, size, found))


def _whose(state_dir: str | None, config: Path) -> tuple[Places, Path]:
    """Return where a gateway's files are, and its routing.yaml, even where none was ever started."""
    from gateway.routing.places import Places

    try:
        running = find_running(state_dir, str(config))
    except GatewayError:
        return Places(state_of(state_dir, str(config))), config
    is_named = str(config) != DEFAULT_CONFIG
    return running.places, config if is_named else Path(running.config)


def _told(part: Part) -> dict[str, Any]:
    return {"name": part.name, "bytes": len(part.text.encode()), "problem": part.problem}


def _in_words(file: Path, size: int, found: list[Part]) -> str:
    from gateway.control.bundle.write import PROMISE

    lines = [f"{file}: {size:,} bytes"]
    for part in found:
        lines.append(f"  {part.name:<20} {part.problem or f'{len(part.text.encode()):,} bytes'}")
    return "\n".join([*lines, "", PROMISE, "Look through it before you send it: tar -xzf " + str(file)])
