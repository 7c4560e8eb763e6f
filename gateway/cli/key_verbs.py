"""`gateway key`: keys of the clients that may use a route with `auth:`, in the file that it names."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.common import author, print_json, say, state_of
from gateway.cli.options import CONFIG, Config, Json, StateDir
from gateway.errors import GatewayError
from gateway.files import sync
from gateway.routing.auth_keys import BadKeys, ClientKey, new_key, read_keys_file, with_key, without_keys

app = typer.Typer(
    help="Keys of the clients that may use a route with `auth` in routing.yaml.", no_args_is_help=True
)
File = Annotated[Path, typer.Option("--file", help="The file that `auth` names, such as keys.txt.")]


@app.callback()
def _key() -> None:
    """Keys of the clients that may use a route with `auth` in routing.yaml."""


@app.command("create")
def create(
    client: Annotated[str, typer.Argument(help="What the log calls the client; it may have several keys.")],
    file: File,
    comment: Annotated[str, typer.Option(help="Kept beside the key.")] = "",
    as_json: Json = False,
    state_dir: StateDir = None,
    config: Config = CONFIG,
) -> None:
    """Make a key for a client and print it, once: the file keeps only what proves it.

    A file that is not there is made, readable for its owner alone. Workers use it within a second.

    Example: gateway key create acme --file keys.txt
    """
    note = f"{datetime.now(UTC):%Y-%m-%d} {author()} {comment}"
    told, key = new_key(client, " ".join(note.split()))
    _change(file, lambda text: with_key(text, key), may_be_new=True)
    _note(state_dir, config, "create-client-key", {"client": key.name, "id": key.id, "file": str(file)})
    if as_json:
        print_json({"client": key.name, "id": key.id, "key": told})
        return
    say(told)
    typer.echo(f"the key of {key.name} (id {key.id}); it is shown this once: keep it now", err=True)


@app.command("list")
def list_keys(file: File, as_json: Json = False) -> None:
    """List the clients that have a key, and the ids they are revoked by.

    Example: gateway key list --file keys.txt
    """
    keys = _read(file, _text(file))
    if as_json:
        print_json([{"client": key.name, "id": key.id, "comment": key.comment} for key in keys])
        return
    width = max((len(key.name) for key in keys), default=0)
    for key in keys:
        say(f"{key.id}  {key.name:<{width}}  {key.comment}".rstrip())
    if not keys:
        say(f"{file} has no keys: nobody may use the routes that name it")


@app.command("revoke")
def revoke(
    which: Annotated[str, typer.Argument(help="The id of a key, or a client's name for all of its keys.")],
    file: File,
    as_json: Json = False,
    state_dir: StateDir = None,
    config: Config = CONFIG,
) -> None:
    """Take a key back; workers refuse it within a second.

    Example: gateway key revoke 0123456789ab --file keys.txt
    """
    gone: list[ClientKey] = []

    def without(text: str) -> str:
        keys = _read(file, text)
        gone.extend([key for key in keys if key.id == which] or [key for key in keys if key.name == which])
        if not gone:
            raise GatewayError(f"{file} has no key {which!r}, by id or client; see `gateway key list`")
        return without_keys(text, {key.id for key in gone})

    _change(file, without)
    for key in gone:
        _note(state_dir, config, "revoke-client-key", {"client": key.name, "id": key.id, "file": str(file)})
    if as_json:
        print_json([{"client": key.name, "id": key.id} for key in gone])
        return
    for key in gone:
        say(f"the key {key.id} of {key.name} is revoked")


def _note(state_dir: str | None, config: Path, what: str, told: dict[str, str]) -> None:
    """Record it in the audit trail, if there has been a gateway here."""
    from gateway.routing.audited import note
    from gateway.routing.places import Places

    places = Places(state_of(state_dir, str(config)))
    if places.journal.exists():
        note(places, what, author(), after=told)


def _read(file: Path, text: str) -> tuple[ClientKey, ...]:
    try:
        return read_keys_file(text)
    except BadKeys as error:
        raise GatewayError(f"{file}, {error}; nothing was changed") from None


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise GatewayError(f"{file}: there is no such file; `gateway key create` makes it") from None
    except UnicodeDecodeError:
        raise GatewayError(f"{file}: not UTF-8 text, so no file of keys") from None


def _change(file: Path, change: Callable[[str], str], *, may_be_new: bool = False) -> None:
    """Replace the file's text in one step; two who do so at once come one after the other."""
    target = file.resolve()
    with _alone(target.parent):
        is_new = may_be_new and not target.exists()
        before = "" if is_new else _text(file)
        _read(file, before)
        text = change(before)
        _replace(target, text, None if is_new else target.stat())


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the folder: the file itself is another after each change."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _replace(target: Path, text: str, before: os.stat_result | None) -> None:
    """Write the new text beside the file, never readable for others than the file was, then swap."""
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as written:
            written.write(text)
            written.flush()
            if before is not None:
                os.fchmod(descriptor, before.st_mode & 0o777)
                _give(descriptor, before)
            os.fsync(descriptor)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync(target.parent)


def _give(descriptor: int, before: os.stat_result) -> None:
    """Let the file keep its owner; only root may give files away, and else the text matters more."""
    if os.geteuid() == 0:
        os.fchown(descriptor, before.st_uid, before.st_gid)
