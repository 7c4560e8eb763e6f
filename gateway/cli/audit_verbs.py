"""`gateway audit`: who did what, whether that is as it was written, and all of it for elsewhere."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.common import Running, find_running, print_json, say
from gateway.cli.options import CONFIG, Config, Json, StateDir
from gateway.errors import GatewayError

if TYPE_CHECKING:
    from gateway.audit.findings import Verified
    from gateway.audit.keys import Key

app = typer.Typer(help="Who did what, in a trail that cannot be changed unseen.", no_args_is_help=True)


@app.callback()
def _audit() -> None:
    """Who did what, in a trail that cannot be changed unseen."""


@app.command()
def show(
    last: Annotated[int, typer.Option("--last", min=1, help="So many entries, the newest last.")] = 20,
    what: Annotated[str, typer.Option(help="Only entries of exactly this, such as rollback.")] = "",
    who: Annotated[str, typer.Option(help="Only those whose author has this in the name.")] = "",
    route: Annotated[str, typer.Option(help="Only those whose route has this in the name.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on each line.")] = False,
    state_dir: StateDir = None,
    config: Config = CONFIG,
) -> None:
    """Show the latest entries: when, who, what, and why.

    Example: gateway audit show --last 50 --what rollback
    """
    from gateway.audit.read import latest

    folder = find_running(state_dir, str(config)).places.audit
    for entry in reversed(latest(folder, last, who=who, what=what, route=route)):
        say(json.dumps(entry) if as_json else in_words(entry))


def in_words(entry: dict[str, Any]) -> str:
    """Return an entry as a line for people, with a second one where it was refused."""
    about = f" {entry['route']}" if entry["route"] else ""
    why = f' "{entry["why"]}"' if entry["why"] else ""
    done = "" if entry["result"] == "done" else f" {entry['result'].upper()}"
    revision = entry["after"].get("revision") if isinstance(entry["after"], dict) else None
    at = f" -> revision {revision}" if revision is not None else ""
    line = f"{entry['n']:>6} {entry['at'][:19]}Z {entry['who']} ({entry['from']}) {entry['what']}{about}"
    detail = f"\n       {entry['detail']}" if entry["detail"] else ""
    return _visible(f"{line}{at}{why}{done}") + "\n".join(map(_visible, detail.split("\n")))


def _visible(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text)


@app.command()
def verify(
    with_seal: Annotated[
        bool, typer.Option("--seal", help="Sign first what is not signed yet, if the chain holds.")
    ] = False,
    heads: Annotated[
        Path | None, typer.Option(help="A copy of heads.ndjson that was kept elsewhere, to compare with.")
    ] = None,
    as_json: Json = False,
    state_dir: StateDir = None,
    config: Config = CONFIG,
) -> None:
    """Read the whole trail and say which entry was changed, removed, moved or cut off, if any was.

    The exit code is 1 where anything is not as it was written.

    Example: gateway audit verify
    """
    from gateway.control.trail.entries import verified_of

    running = find_running(state_dir, str(config))
    found = _verified(running, heads, with_seal=with_seal)
    if as_json:
        print_json(verified_of(found))
    else:
        say("\n".join(verdict(found, running.places.audit)))
    if not found.is_clean:
        raise typer.Exit(1)


def _verified(running: Running, heads: Path | None, *, with_seal: bool) -> Verified:
    from gateway.audit.verify import verify

    folder, key = running.places.audit, _key(running)
    if with_seal:
        _seal(folder, key)
    if heads is not None and not heads.is_file():
        raise GatewayError(f"{heads}: there is no such file")
    return verify(folder, key, heads)


def verdict(found: Verified, folder: Path) -> list[str]:
    """Return what a verification found, in lines for people."""
    if not found.entries and found.is_clean:
        return [f"{folder}: nothing has been recorded yet"]
    counted = f"{found.entries:,} {'entry' if found.entries == 1 else 'entries'} since {found.since}"
    lines = [str(one) for one in found.problems]
    if found.more:
        lines.append(f"and {found.more:,} more, most of them what follows from these")
    if not found.is_clean:
        return [*lines, f"{folder}: NOT as it was written; {counted}, signed up to entry {found.signed}"]
    tail = found.entries - found.signed
    behind = f"; the last {tail:,} are not signed yet (--seal signs them)" if tail else ""
    lines = [f"every entry is as it was written: {counted}, signed up to entry {found.signed}{behind}"]
    if found.mended:
        lines.append(f"lines left incomplete by processes that were killed, and marked: {found.mended}")
    if found.unwritten:
        lines.append(
            f"entries that could not be written when it happened, as later ones say: {found.unwritten}"
        )
    return lines


def _seal(folder: Path, key: Key) -> None:
    from gateway.audit.seal import Broken, seal

    try:
        seal(folder, key)
    except Broken as error:
        print(error, file=sys.stderr)  # what is wrong is told by the verification


def _key(running: Running) -> Key:
    from gateway.control.trail.sealer import key_source

    return key_source(running.places, Path(running.config).parent).read()


@app.command()
def export(state_dir: StateDir = None, config: Config = CONFIG) -> None:
    """Print every entry as it stands, oldest first, one JSON object on each line.

    Example: gateway audit export > trail.ndjson
    """
    from gateway.audit.folder import trail_files

    for path in trail_files(find_running(state_dir, str(config)).places.audit):
        with path.open("rb") as file:
            shutil.copyfileobj(file, sys.stdout.buffer)
    sys.stdout.buffer.flush()
